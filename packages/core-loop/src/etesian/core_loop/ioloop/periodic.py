"""A callback that is called again and again."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from etesian.core_loop.ioloop.loop import IOLoop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from etesian.core_loop.ioloop.timers import Timer

__all__ = ["PeriodicCallback"]


class PeriodicCallback:
    """Calls `callback` every `callback_time` milliseconds, or every timedelta, once started.

    The schedule is fixed when it starts: a run that takes time does not move the next one.
    Runs that a slow one, or a jump of the clock, made late are left out. An awaitable that
    `callback` returns is waited for before the next run is planned; errors are logged
    and end nothing.

    With `jitter`, a fraction, each wait is longer or shorter by up to half that fraction, at
    random, so that many processes do not act in step.

    Raises ValueError when the period is not positive or `jitter` is outside 0 to 1.
    """

    def __init__(
        self,
        callback: Callable[[], object],
        callback_time: float | timedelta,
        jitter: float = 0,
    ) -> None:
        if isinstance(callback_time, timedelta):
            callback_time = callback_time / timedelta(milliseconds=1)
        if not (callback_time > 0 and math.isfinite(callback_time)):
            raise ValueError(f"expected a period of more than 0 milliseconds, got {callback_time}")
        if not 0 <= jitter <= 1:
            raise ValueError(f"expected a jitter between 0 and 1, got {jitter}")
        self.callback = callback
        self.callback_time = callback_time
        self.jitter = jitter
        self._io_loop: IOLoop | None = None
        self._timer: Timer | None = None
        self._next = 0.0
        # Counts starts: a run that was still waiting when `stop` came must not plan on.
        self._era = 0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.callback!r} every {self.callback_time} ms>"

    def start(self) -> None:
        """Begin; the first run is one period from now. Nothing changes if it is running."""
        if self.is_running():
            return
        self._io_loop = IOLoop.current()
        self._era += 1
        self._next = self._io_loop.time()
        self._plan(self._io_loop)

    def stop(self) -> None:
        """Make no more runs; one that waits for something ends as it would."""
        self._io_loop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def is_running(self) -> bool:
        """Tell whether it was started and not stopped."""
        return self._io_loop is not None

    def _plan(self, io_loop: IOLoop) -> None:
        self._next = next_run(self._next, io_loop.time(), self._period())
        self._timer = io_loop.call_at(self._next, self._run, self._era)

    def _period(self) -> float:
        seconds = self.callback_time / 1000
        if self.jitter:
            seconds *= 1 + self.jitter * (random.random() - 0.5)  # noqa: S311  spreads load
        return seconds

    def _run(self, era: int) -> Any:
        if self._io_loop is None or era != self._era:
            return None
        self._timer = None
        try:
            result = self.callback()
        except BaseException:
            self._plan_again(era)
            raise  # to be logged as any callback's error is
        if isawaitable(result):
            return self._finish(result, era)
        self._plan_again(era)
        return None

    async def _finish(self, result: Awaitable[object], era: int) -> None:
        try:
            await result
        finally:
            self._plan_again(era)

    def _plan_again(self, era: int) -> None:
        if self._io_loop is not None and era == self._era:
            self._plan(self._io_loop)


def next_run(planned: float, now: float, period: float) -> float:
    """Return when to run after the run `planned`, in constant time however late `now` is.

    That is the first moment after `now` on the schedule that `planned` and `period` give.
    A clock that went backwards, or one so coarse that it shows a moment before `planned`,
    must not make it run twice: then it is one period after `planned`.
    """
    if planned <= now:
        return planned + (math.floor((now - planned) / period) + 1) * period
    return planned + period
