"""A unittest base whose tests have an event loop each."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import unittest
from typing import TYPE_CHECKING, Any

from etesian.core_loop.ioloop import IOLoop
from etesian.core_loop.util.errors import TimeoutError  # noqa: A004  the documented name

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AsyncTestCase", "cancel_all", "default_timeout"]

_log = logging.getLogger("etesian.application")

# Seconds a test may wait, unless ASYNC_TEST_TIMEOUT or the test says otherwise: long enough
# for a slow machine, short enough not to look like a hang.
DEFAULT_TIMEOUT = 5.0


def default_timeout() -> float:
    """Return the seconds that a test waits: the environment's ASYNC_TEST_TIMEOUT, or 5.

    Raises ValueError when ASYNC_TEST_TIMEOUT is not a number.
    """
    return float(os.environ.get("ASYNC_TEST_TIMEOUT", DEFAULT_TIMEOUT))


class AsyncTestCase(unittest.TestCase):
    """A test case with a new IOLoop, `io_loop`, for each test.

    A test is a coroutine or generator under `gen_test`, or a plain method that starts
    something and then calls `wait`, which runs the loop until something calls `stop`. The
    error of a callback fails the test.
    """

    io_loop: IOLoop

    def setUp(self) -> None:
        """Make the test's loop and make it current."""
        super().setUp()
        self._stopped_with: Any = None
        self._stopped = False
        self._waiting = False
        self._failure: BaseException | None = None
        self.io_loop = self.get_new_ioloop()
        self.io_loop.make_current()
        # Where the set-up of a subclass fails there is no tear-down.
        self.addCleanup(self._close_loop)
        self.io_loop.handle_callback_exception = self._on_callback_exception  # type: ignore[method-assign]

    def tearDown(self) -> None:
        """Cancel what still runs, close the loop, and raise an error that no wait showed."""
        self._close_loop()
        super().tearDown()
        self._raise_failure()

    def _close_loop(self) -> None:
        loop = self.io_loop.asyncio_loop
        if not loop.is_closed():
            cancel_all(loop)
            self.io_loop.clear_current()
            self.io_loop.close(all_fds=True)

    def get_new_ioloop(self) -> IOLoop:
        """Return the loop for one test; subclasses may return another kind."""
        return IOLoop(make_current=False)

    def stop(self, _arg: Any = None, **kwargs: Any) -> None:
        """Make `wait` return: the running one, or the next one at once.

        It returns the argument, or the keyword arguments as a dict.

        Raises TypeError when both are given.
        """
        if _arg is not None and kwargs:
            raise TypeError("stop() takes one value or keywords, not both")
        self._stopped_with = kwargs or _arg
        self._stopped = True
        if self._waiting:
            self.io_loop.stop()

    def wait(
        self, condition: Callable[[], object] | None = None, timeout: float | None = None
    ) -> Any:
        """Run the loop until `stop` is called, and return what it was called with.

        With `condition`, go on until a call of `stop` finds it true. `timeout` is in seconds
        from this call, by default that of `default_timeout`.

        Raises TimeoutError when the time is over, and the error of a callback if one failed;
        when several did, the others are logged.
        """
        seconds = default_timeout() if timeout is None else timeout
        late = False

        def expire() -> None:
            nonlocal late
            late = True
            self.io_loop.stop()

        timer = self.io_loop.call_later(seconds, expire)
        self._waiting = True
        try:
            while self._goes_on(condition) and not late:
                self._stopped = False
                self.io_loop.start()
                self._stopped = not late
        finally:
            self._waiting = False
            timer.cancel()
        self._raise_failure()
        if late and self._goes_on(condition):
            raise TimeoutError(f"stop() was not called within {seconds} seconds")
        result, self._stopped_with, self._stopped = self._stopped_with, None, False
        return result

    def _goes_on(self, condition: Callable[[], object] | None) -> bool:
        if self._failure is not None:
            return False
        return not (self._stopped and (condition is None or condition()))

    def _on_callback_exception(self, callback: object) -> None:
        try:
            raise  # noqa: PLE0704  called in the except clause, see Scheduler
        except BaseException as error:  # noqa: BLE001  the test case raises it later
            if self._failure is None:
                self._failure = error
            else:
                _log.error("Another exception, in callback %r", callback, exc_info=True)
        if self._waiting:
            self.io_loop.stop()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _callTestMethod(self, method: Callable[[], object]) -> None:  # noqa: N802  unittest's hook
        # Without this an `async def` test without gen_test would pass without having run.
        result = method()
        if inspect.isawaitable(result) or inspect.isgenerator(result):
            if inspect.iscoroutine(result):
                result.close()
            raise TypeError(
                f"{self.id()} returned {type(result).__name__}: decorate it with gen_test"
            )
        if result is not None:
            raise TypeError(f"{self.id()} returned {result!r}: a test returns nothing")


def cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the loop's tasks and let them end; log those that fail at it."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=1))
    loop.run_until_complete(loop.shutdown_asyncgens())
