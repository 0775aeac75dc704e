"""Deadlines made distinct, so that equal ones keep their order."""

from __future__ import annotations

from math import inf, nextafter
from typing import Protocol

__all__ = ["Deadlines", "TimerHandle"]

# Deadlines remembered at most. Among so many distinct ones in between, the order of two
# equal ones is no longer kept; without a limit, cancelled timers would leave theirs behind.
MAX_REMEMBERED = 10_000


class TimerHandle(Protocol):
    """What `IOLoop.call_later` and its like return: a timer that can be taken back."""

    def cancel(self) -> None:
        """Keep the timer from firing; harmless when it has fired."""

    def cancelled(self) -> bool:
        """Tell whether `cancel` was called."""

    def when(self) -> float:
        """Return the deadline, on the loop's clock."""


class Deadlines:
    """The absolute deadlines that one loop was asked for lately.

    asyncio keeps its timers in a heap ordered by deadline alone, and a heap gives equal
    elements back in any order. Equal deadlines are common with absolute ones ("all of these
    at noon"), so each further one is put off by the least that a float can be put off, far
    below the resolution of any clock. Relative timers do not come this way: two readings of
    the clock differ.
    """

    def __init__(self) -> None:
        self._latest: dict[float, float] = {}

    def distinct(self, when: float) -> float:
        """Return `when`, or just after it if it was asked for before.

        Raises ValueError when `when` is not a number: it would stand in no order at all.
        """
        latest = self._latest
        if when in latest:
            distinct = latest[when] = nextafter(latest[when], inf)
            return distinct
        if when != when:  # noqa: PLR0124  the quickest test for NaN
            raise ValueError("a deadline must be a number, got NaN")
        if len(latest) >= MAX_REMEMBERED:
            for forgotten in list(latest)[: MAX_REMEMBERED // 2]:
                del latest[forgotten]
        latest[when] = when
        return when
