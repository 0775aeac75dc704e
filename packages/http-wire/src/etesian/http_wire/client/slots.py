"""How many fetches run at once, and who is next."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Slots", "Waiter"]


class Waiter(Protocol):
    """Who asks for a slot."""

    def admitted(self) -> None:
        """Take the slot; :meth:`Slots.release` is owed for it."""
        ...


class Slots:
    """A counting semaphore by calls: first come, first served, and leaving the queue is cheap."""

    def __init__(self, count: int) -> None:
        """Let ``count`` waiters in at once."""
        if count < 1:
            raise ValueError(f"max_clients is {count}, expected 1 or more")
        self._free = count
        self._queue: dict[Waiter, None] = {}

    @property
    def queued(self) -> int:
        """How many wait."""
        return len(self._queue)

    def request(self, waiter: Waiter) -> bool:
        """Admit ``waiter`` now, within this call, and say so; else queue it."""
        if self._free:
            self._free -= 1
            waiter.admitted()
            return True
        self._queue[waiter] = None
        return False

    def leave(self, waiter: Waiter) -> bool:
        """Take ``waiter`` out of the queue, and say whether it was there."""
        return self._queue.pop(waiter, self) is None

    def release(self) -> None:
        """Give a slot back: to the next in the queue, within this call."""
        if self._queue:
            waiter = next(iter(self._queue))
            del self._queue[waiter]
            waiter.admitted()
        else:
            self._free += 1
