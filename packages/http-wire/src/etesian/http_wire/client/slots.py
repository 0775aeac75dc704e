"""How many fetches run at once, in all and for each host, and who is next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Slots", "Waiter"]


class Waiter(Protocol):
    """Who asks for a slot."""

    def admitted(self) -> None:
        """Take the slot; :meth:`Slots.release` is owed for it."""
        ...


class Slots:
    """A counting semaphore by calls, with a second count for each host.

    First come, first served, but nobody waits behind a host that is full: its
    waiters stand aside, in their order, and join the queue one by one, at its
    end, as the host gets room. So a slow host holds up nobody else, and a host
    that never empties keeps nobody of its own from a turn. Leaving is cheap.
    """

    def __init__(self, count: int, *, per_host: int | None = None) -> None:
        """Let ``count`` waiters in at once, and so many for one host; ``None`` is no limit."""
        if count < 1:
            raise ValueError(f"max_clients is {count}, expected 1 or more")
        if per_host is not None and per_host < 1:
            raise ValueError(f"max_clients_per_host is {per_host}, expected 1 or more")
        self._free = count
        # Where it cannot be reached before the other limit, there is nothing to count.
        self._per_host = per_host if per_host is not None and per_host < count else None
        self._queue: dict[Waiter, None] = {}
        # A claim is a slot or a place in the queue; a host has at most ``per_host``.
        self._claims: dict[Hashable, int] = {}
        self._aside: dict[Hashable, dict[Waiter, None]] = {}

    @property
    def queued(self) -> int:
        """How many wait."""
        return len(self._queue) + sum(map(len, self._aside.values()))

    def request(self, waiter: Waiter, host: Hashable) -> bool:
        """Admit ``waiter`` now, within this call, and say so; else queue it."""
        if self._per_host is not None and not self._claim(waiter, host, self._per_host):
            return False
        if self._free:
            self._free -= 1
            waiter.admitted()
            return True
        self._queue[waiter] = None
        return False

    def transfer(self, host: Hashable, to: Hashable) -> bool:
        """Let a slot of ``host`` be one of ``to``, and say so; not where that has no room."""
        if self._per_host is None or host == to:
            return True
        claims = self._claims.get(to, 0)
        if claims == self._per_host:
            return False
        self._claims[to] = claims + 1
        self._pass_claim_on(host)
        self._admit_next()
        return True

    def leave(self, waiter: Waiter, host: Hashable) -> bool:
        """Take ``waiter`` out of the queue, and say whether it was there."""
        if self._queue.pop(waiter, self) is None:
            self._pass_claim_on(host)
            return True
        aside = self._aside.get(host)
        if aside is None or aside.pop(waiter, self) is not None:
            return False
        if not aside:
            del self._aside[host]
        return True

    def release(self, host: Hashable) -> None:
        """Give a slot of ``host`` back: to the next in the queue, within this call."""
        self._free += 1
        if self._per_host is not None:
            self._pass_claim_on(host)
        if self._queue:
            self._admit_next()

    def _admit_next(self) -> None:
        if self._queue and self._free:
            waiter = next(iter(self._queue))
            del self._queue[waiter]
            self._free -= 1
            waiter.admitted()

    def _claim(self, waiter: Waiter, host: Hashable, most: int) -> bool:
        claims = self._claims.get(host, 0)
        if claims == most:
            self._aside.setdefault(host, {})[waiter] = None
            return False
        self._claims[host] = claims + 1
        return True

    def _pass_claim_on(self, host: Hashable) -> None:
        """Give a claim to whoever has stood aside longest for this host."""
        if self._per_host is None:
            return
        aside = self._aside.get(host)
        if aside:
            waiter = next(iter(aside))
            del aside[waiter]
            self._queue[waiter] = None
            if not aside:
                del self._aside[host]
        elif self._claims[host] == 1:
            del self._claims[host]
        else:
            self._claims[host] -= 1
