"""Callbacks and timers: what runs next on the loop, and what becomes of its errors."""

from __future__ import annotations

import concurrent.futures
import logging
from threading import get_ident
from types import MethodType
from typing import TYPE_CHECKING, Any

from etesian.core_loop.ioloop.batching import callback_batches
from etesian.core_loop.ioloop.guard import Guard
from etesian.core_loop.ioloop.ready import ReadyCallback, ready_queue
from etesian.core_loop.ioloop.timers import Timer, TimerQueue

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from datetime import timedelta

__all__ = ["Scheduler"]

_log = logging.getLogger("etesian.application")


class Scheduler:
    """The part of an IOLoop that runs callbacks, soon or later.

    Each callback runs in a copy of the context (`contextvars`) that it was added in, and
    through `Guard`, which keeps its errors from the loop. These methods are called for every
    callback and timer of a program, and are kept this thin because of it.
    """

    asyncio_loop: asyncio.AbstractEventLoop
    # The thread on which the loop is known to run; None while it is not known to. Adding a
    # callback on this thread needs no wake-up, which is most of what it would cost.
    _thread_id: int | None

    def _use(self, asyncio_loop: asyncio.AbstractEventLoop) -> None:
        self.asyncio_loop = asyncio_loop
        self._thread_id = None
        self._call_soon = asyncio_loop.call_soon
        self._ready = ready_queue(asyncio_loop)
        # Any: what is read of it below is asyncio's own, as that queue is.
        self._plain_loop: Any = asyncio_loop
        self._guard = guard = Guard(asyncio_loop, self._on_error)
        self._run, self._run_with = guard.run, guard.run_with
        self._time = asyncio_loop.time
        self._timers = TimerQueue(asyncio_loop, guard.run_with)
        one_by_one = MethodType(Scheduler.add_callback, self)
        self._batches = batches = callback_batches(asyncio_loop, guard, one_by_one)
        if batches is not None and type(self).add_callback is Scheduler.add_callback:
            # In the place of the method, because calling that would cost more than all the rest.
            vars(self)["add_callback"] = batches.add

    def _runs_on(self, thread_id: int | None) -> None:
        """Note the thread on which the loop runs; None for "not known"."""
        self._thread_id = thread_id
        if self._batches is not None:
            self._batches.thread_id = thread_id

    def _on_error(self, callback: object) -> None:
        # Looked up each time: a test case puts its own in its place.
        self.handle_callback_exception(callback)

    def add_callback(self, callback: Callable[..., object], /, *args: Any, **kwargs: Any) -> None:
        """Run `callback` on a later iteration of the loop, in the order of these calls.

        Callable from any thread, and from ``__del__``; from a signal handler use
        `add_callback_from_signal`. On a closed loop nothing is raised and nothing runs. An
        awaitable that `callback` returns is run; its error, like one of `callback`'s own,
        goes to `handle_callback_exception`.
        """
        try:
            if get_ident() != self._thread_id:
                self.asyncio_loop.call_soon_threadsafe(self._run_with, callback, args, kwargs)
            elif self._ready is not None:
                if not self._plain_loop._closed:  # noqa: SLF001  a call costs too much here
                    self._ready.append(ReadyCallback(self._guard, callback, args, kwargs))
            elif args or kwargs:
                self._call_soon(self._run_with, callback, args, kwargs)
            else:
                self._call_soon(self._run, callback)
        except RuntimeError:
            if not self.asyncio_loop.is_closed():
                raise

    def add_callback_from_signal(
        self, callback: Callable[..., object], /, *args: Any, **kwargs: Any
    ) -> None:
        """Run `callback` soon; callable from a handler installed by `signal.signal`.

        Unlike `add_callback` it always wakes the loop: the handler may have interrupted the
        loop's own thread just before it went to sleep.
        """
        try:
            self.asyncio_loop.call_soon_threadsafe(self._run_with, callback, args, kwargs)
        except RuntimeError:
            if not self.asyncio_loop.is_closed():
                raise

    def spawn_callback(self, callback: Callable[..., object], /, *args: Any, **kwargs: Any) -> None:
        """Run a function or coroutine function detached; its errors are logged.

        For what nobody will await: the caller gets nothing to wait for.
        """
        self.add_callback(callback, *args, **kwargs)

    def add_future(
        self,
        future: asyncio.Future[Any] | concurrent.futures.Future[Any],
        callback: Callable[[Any], object],
    ) -> None:
        """Call ``callback(future)`` on the loop when `future` is done.

        On a later iteration even when it is done already. `future` may belong to another
        loop or be a `concurrent.futures.Future`.
        """
        if isinstance(future, concurrent.futures.Future) or (
            future.get_loop() is not self.asyncio_loop
        ):
            future.add_done_callback(lambda done: self.add_callback(callback, done))
        else:
            future.add_done_callback(lambda done: self._run_with(callback, (done,), {}))

    def time(self) -> float:
        """Return the loop's clock, in seconds since an arbitrary moment.

        The clock is monotonic: a change of the system time moves no deadline. Deadlines of
        `call_at` and `add_timeout` are on this clock.
        """
        return self.asyncio_loop.time()

    def call_later(
        self, delay: float, callback: Callable[..., object], /, *args: Any, **kwargs: Any
    ) -> Timer:
        """Run `callback` after `delay` seconds; return a handle for `remove_timeout`.

        Only on the loop's own thread, like `call_at` and `add_timeout`.
        """
        return Timer(self._timers, self._time() + delay, callback, args, kwargs)

    def call_at(
        self, when: float, callback: Callable[..., object], /, *args: Any, **kwargs: Any
    ) -> Timer:
        """Run `callback` when `time()` reaches `when`; return a handle for `remove_timeout`.

        Callbacks of the same deadline run in the order of these calls.
        """
        return Timer(self._timers, when, callback, args, kwargs)

    def add_timeout(
        self,
        deadline: float | timedelta,
        callback: Callable[..., object],
        /,
        *args: Any,
        **kwargs: Any,
    ) -> Timer:
        """Run `callback` at `deadline`; return a handle for `remove_timeout`.

        A number is a moment on the loop's clock, a timedelta counts from now.

        Raises TypeError when `deadline` is neither.
        """
        if isinstance(deadline, int | float):
            return self.call_at(deadline, callback, *args, **kwargs)
        # Not at the top: who gives numbers alone need not wait at the start for what gives dates.
        from datetime import timedelta  # noqa: PLC0415

        if isinstance(deadline, timedelta):
            return self.call_later(deadline.total_seconds(), callback, *args, **kwargs)
        raise TypeError(f"expected a number or a timedelta as deadline, got {deadline!r}")

    def remove_timeout(self, timeout: Timer) -> None:
        """Keep a timer from firing; harmless when it fired or was removed already."""
        timeout.cancel()

    def handle_callback_exception(self, callback: object) -> None:
        """Log the error that is being handled; `callback` raised it.

        `callback` may also be a Future whose error nobody else will see, or what a callback
        returned and could not be run, such as a Future of another loop. Called inside the
        ``except`` clause: `sys.exc_info` has the error. Subclasses may do something else.
        """
        _log.error("Exception in callback %r", callback, exc_info=True)
