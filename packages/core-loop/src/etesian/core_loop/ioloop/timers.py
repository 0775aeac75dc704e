"""Timers: callbacks that run at a moment, and can be taken back until then."""

from __future__ import annotations

from collections import deque
from contextvars import copy_context
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from contextvars import Context

    from etesian.core_loop.ioloop.guard import RunWith

__all__ = ["Timer", "TimerQueue"]

# Timers that are taken back before those are dropped from the queue, at least. Dropping looks
# at every timer, so it waits until as many were taken back as it left the last time.
MIN_CANCELLED = 100


class Timer:
    """A callback that will run when its loop's clock reaches a moment.

    Making one puts it into `queue`: that saves a call for each of the many timers of a
    program, most of which are taken back before they fire. It captures the context.
    """

    __slots__ = ("_cancelled", "_queue", "_when", "args", "callback", "context", "kwargs")

    def __init__(
        self,
        queue: TimerQueue,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self._cancelled = False
        self._queue = queue
        self._when = when
        self.callback: Callable[..., object] | None = callback
        self.args = args
        self.kwargs = kwargs
        self.context: Context = copy_context()
        buckets = queue.buckets
        if when in buckets:
            buckets[when].append(self)
        else:
            queue.open_bucket(when, self)

    def __repr__(self) -> str:
        state = "cancelled" if self._cancelled else self.callback or "fired"
        return f"<{type(self).__name__} at {self._when}: {state}>"

    def cancel(self) -> None:
        """Keep the timer from firing; harmless when it has fired."""
        self._cancelled = True
        if self.callback is not None:
            # What it would have used is not kept alive until the moment at which it would have.
            del self.args, self.kwargs, self.context
            self.callback = None
            self._queue.cancelled += 1

    def cancelled(self) -> bool:
        """Tell whether `cancel` was called."""
        return self._cancelled

    def when(self) -> float:
        """Return the deadline, on the loop's clock."""
        return self._when


class TimerQueue:
    """The timers of one loop, of which asyncio knows the earliest moment alone.

    Timers of one moment share a bucket and fire in the order in which they were made, which
    the heap of asyncio does not keep, nor uvloop, which rounds each to a millisecond. Buckets
    also make a heap of plain numbers do, which costs a fraction of one of objects.
    """

    def __init__(self, asyncio_loop: asyncio.AbstractEventLoop, run_with: RunWith) -> None:
        self._asyncio_loop = asyncio_loop
        self._run_with = run_with
        self.buckets: dict[float, list[Timer]] = {}
        # The moments that have a bucket, as a heap.
        self._moments: list[float] = []
        self._wake_up: asyncio.TimerHandle | None = None
        # The moment of `_wake_up`; while timers fire, one that no timer is before.
        self._next = inf
        # Timers taken back since the last time that such were dropped.
        self.cancelled = 0
        self._drop_at = MIN_CANCELLED

    def open_bucket(self, when: float, timer: Timer) -> None:
        """Take the first timer of a moment.

        Raises ValueError when `when` is not a number: it would stand in no order at all.
        Raises RuntimeError when the loop is closed.
        """
        if when != when:  # noqa: PLR0124  the quickest test for NaN
            raise ValueError("a deadline must be a number, got NaN")
        if self._asyncio_loop.is_closed():
            raise RuntimeError("a closed loop has no timers")
        if self.cancelled >= self._drop_at:
            self._drop_cancelled()
        self.buckets[when] = [timer]
        heappush(self._moments, when)
        if when < self._next:
            self._wake_at(when)

    def clear(self) -> None:
        """Forget all timers, of a loop that will not run again."""
        self.buckets.clear()
        self._moments.clear()

    def _wake_at(self, when: float) -> None:
        if self._wake_up is not None:
            self._wake_up.cancel()
        self._next = when
        self._wake_up = self._asyncio_loop.call_at(when, self._fire)

    def _fire(self) -> None:
        # A clock of milliseconds may show a moment before the one it was to wake at.
        due = self._take_due(max(self._next, self._asyncio_loop.time()))
        self._wake_up = None
        self._next = -inf
        run_with = self._run_with
        try:
            while due:
                timer = due.popleft()
                callback = timer.callback
                if callback is not None:
                    timer.callback = None
                    timer.context.run(run_with, callback, timer.args, timer.kwargs)
        finally:
            # Some are left when a callback interrupts the loop: due still, and first.
            for timer in reversed(due):
                self._put_back(timer)
            self._next = inf
            if self._moments:
                self._wake_at(self._moments[0])

    def _take_due(self, now: float) -> deque[Timer]:
        due: deque[Timer] = deque()
        moments = self._moments
        while moments and moments[0] <= now:
            due += self.buckets.pop(heappop(moments))
        return due

    def _put_back(self, timer: Timer) -> None:
        when = timer.when()
        if when not in self.buckets:
            self.buckets[when] = []
            heappush(self._moments, when)
        self.buckets[when].insert(0, timer)

    def _drop_cancelled(self) -> None:
        left = {
            when: waiting
            for when, bucket in self.buckets.items()
            if (waiting := [timer for timer in bucket if timer.callback is not None])
        }
        self.buckets = left
        self._moments = sorted(left)
        self.cancelled = 0
        self._drop_at = max(MIN_CANCELLED, sum(map(len, left.values())))
