"""Futures that wait in line for something to be handed to them."""

from __future__ import annotations

import asyncio
import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from etesian.core_loop.concurrent.futures import loop_for_future
from etesian.core_loop.util.errors import TimeoutError  # noqa: A004  the documented name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Line", "Timeout", "Waiter", "give_up", "seconds_from_now"]

# A moment on the loop's clock, a span from now, or no limit.
Timeout: TypeAlias = float | timedelta | None


def seconds_from_now(deadline: float | timedelta, loop: asyncio.AbstractEventLoop) -> float:
    """Return the seconds until a moment on the loop's clock, or of a timedelta.

    Raises TypeError when `deadline` is neither a number nor a timedelta, ValueError when it
    is NaN: timers are kept in order, and that has no place in one.
    """
    if isinstance(deadline, timedelta):
        return deadline.total_seconds()
    if isinstance(deadline, int | float):
        if math.isnan(deadline):
            raise ValueError("a deadline must be a number, got NaN")
        return deadline - loop.time()
    raise TypeError(f"expected a number or a timedelta as deadline, got {deadline!r}")


class Waiter(asyncio.Future[Any]):
    """A Future that gives back what it was handed when its Task is cancelled too late.

    Between the moment at which a lock, an item or a wake-up is handed to a Future and the
    moment at which the Task that awaits it goes on, that Task can be cancelled. It never
    learns what it was handed then. `give_back` is called with it, so that the next in line
    can have it.
    """

    def __init__(
        self,
        line: Line | None,
        give_back: Callable[[Any], object] | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(loop=loop)
        self._line = line
        self._give_back = give_back
        self.timer: asyncio.TimerHandle | None = None

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            return (yield from super().__await__())
        except asyncio.CancelledError:
            self.hand_back()
            raise

    __iter__ = __await__

    def hand_back(self) -> None:
        """Give back what it was handed, if it was handed something: nobody will look at it."""
        if not self.done() or self.cancelled() or self.exception() is not None:
            return
        if self._give_back is not None:
            self._give_back(self.result())

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel and leave the line; False when the Future is done already."""
        if not super().cancel(msg):
            return False
        if self._line is not None:
            self._line.leave(self)
        return True


def give_up(future: asyncio.Future[Any]) -> None:
    """Cancel what nobody waits for any more; if it has come, hand it back where it can be."""
    if not future.cancel() and isinstance(future, Waiter):
        future.hand_back()


class Line:
    """Waiters, first come, first served.

    Who is cancelled or runs out of time leaves at once: nothing is handed to them, and
    they take no memory.
    """

    def __init__(self, give_back: Callable[[Any], object] | None = None) -> None:
        self._give_back = give_back
        self._waiters: dict[Waiter, Any] = {}

    def __len__(self) -> int:
        return len(self._waiters)

    def done(self, result: Any) -> Waiter:
        """Return a Waiter that had not to wait."""
        waiter = Waiter(None, self._give_back, loop_for_future())
        waiter.set_result(result)
        return waiter

    def wait(
        self,
        timeout: Timeout,
        carried: Any = None,
        expire: Callable[[Waiter], object] | None = None,
    ) -> Waiter:
        """Return a Waiter at the end of the line, carrying what it wants to hand over.

        When `timeout` passes it leaves, and `expire` is called with it; without one it
        raises TimeoutError.
        """
        loop = loop_for_future()
        waiter = Waiter(self, self._give_back, loop)
        if timeout is not None:
            seconds = seconds_from_now(timeout, loop)
            waiter.timer = loop.call_later(seconds, self._expire, waiter, expire, timeout)
        self._waiters[waiter] = carried
        return waiter

    def pop(self) -> tuple[Waiter, Any] | None:
        """Take the first out of the line; return it and what it carries, or None."""
        while self._waiters:
            waiter = next(iter(self._waiters))
            carried = self.leave(waiter)
            if not waiter.done():
                return waiter, carried
        return None

    def serve(self, result: Any) -> bool:
        """Hand `result` to the first in line; return False if there is nobody."""
        first = self.pop()
        if first is None:
            return False
        first[0].set_result(result)
        return True

    def leave(self, waiter: Waiter) -> Any:
        """Take a Waiter out of the line; return what it carried."""
        if waiter.timer is not None:
            waiter.timer.cancel()
            waiter.timer = None
        return self._waiters.pop(waiter, None)

    def _expire(
        self, waiter: Waiter, expire: Callable[[Waiter], object] | None, timeout: Timeout
    ) -> None:
        self.leave(waiter)
        if waiter.done():
            return
        if expire is not None:
            expire(waiter)
        else:
            waiter.set_exception(TimeoutError(f"not done by the deadline ({timeout})"))
