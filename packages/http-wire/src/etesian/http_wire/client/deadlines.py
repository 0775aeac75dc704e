"""Many deadlines on one timer of the loop."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["Deadlines", "Timed"]


class Timed(Protocol):
    """What has a deadline."""

    def timed_out(self) -> None:
        """Take the news that the deadline has passed; it is forgotten already."""
        ...


class Deadlines:
    """Calls ``timed_out`` of whatever is not withdrawn in time.

    Nearly every deadline is withdrawn long before it comes, and most come
    later than those before them. So one timer waits for the earliest that was
    ever set, and looks around when it fires: setting and withdrawing are then
    one step in a dictionary each, where a timer of its own costs four times
    that. As exact as the loop's timers.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, clock: Callable[[], float] = monotonic
    ) -> None:
        """``clock`` is what deadlines go by; that of a loop may count in milliseconds."""
        self._loop = loop
        self._clock = clock
        self._due: dict[Timed, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = inf

    @property
    def pending(self) -> list[Timed]:
        """Those whose deadline was set and has neither passed nor been withdrawn."""
        return list(self._due)

    def set(self, timed: Timed, due: float) -> None:
        """Set or change a deadline, by the clock; infinity is none."""
        self._due[timed] = due
        if due < self._timer_due:
            self._wait_until(due)

    def withdraw(self, timed: Timed) -> None:
        """Forget a deadline, if there is one."""
        self._due.pop(timed, None)

    def close(self) -> None:
        """Forget all."""
        self._due.clear()
        self._wait_until(inf)

    def _wait_until(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = None
        if due < inf:
            self._timer = self._loop.call_later(due - self._clock(), self._look_around)

    def _look_around(self) -> None:
        # The timer's own time and not the clock's: a loop may fire up to its resolution early.
        now = max(self._clock(), self._timer_due)
        due = self._due
        passed = [timed for timed, moment in due.items() if moment <= now]
        # Who began last waits for those before, and goes first: it would take the room that they
        # leave for the little time that it has. And what one leaves may let another live on.
        try:
            for timed in reversed(passed):
                if due.get(timed, inf) <= now:
                    del due[timed]
                    timed.timed_out()
        finally:
            # Last: what one of them raises must not leave the others without an end.
            self._wait_until(min(due.values(), default=inf))
