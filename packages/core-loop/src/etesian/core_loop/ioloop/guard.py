"""Callbacks run so that their errors cannot reach the loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Run: TypeAlias = Callable[[Callable[[], object]], None]
    RunWith: TypeAlias = Callable[[Callable[..., object], tuple[Any, ...], Mapping[str, Any]], None]

__all__ = ["Guard"]


class Guard:
    """Runs callbacks, and the awaitables they return, for one loop.

    ``run(callback)`` and ``run_with(callback, args, kwargs)`` are what asyncio is given to
    call. `on_error` is called with the callback, or the Future of what it returned, or that
    itself, inside the ``except`` clause of its error. A cancellation is no error.
    KeyboardInterrupt and SystemExit end the loop, as they are meant to.
    """

    def __init__(
        self, asyncio_loop: asyncio.AbstractEventLoop, on_error: Callable[[object], object]
    ) -> None:
        self._asyncio_loop = asyncio_loop
        self._on_error = on_error
        # asyncio holds its tasks weakly: an awaitable that nobody waits for lives by this.
        self._unawaited: set[asyncio.Future[Any]] = set()
        self.run = _runner(self.report, self.watch)
        self.run_with = _runner_with_arguments(self.report, self.watch)

    def report(self, callback: object, error: BaseException) -> None:
        """Pass the error of a callback on, which is being handled."""
        if not isinstance(error, asyncio.CancelledError):
            self._on_error(callback)

    def report_safely(self, callback: object, error: BaseException) -> None:
        """The same where nobody keeps what a report raises from the loop, as a Handle does."""
        try:
            self.report(callback, error)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as raised:  # noqa: BLE001  as for the callback itself
            message = f"Exception in the report of an error of {callback!r}"
            self._asyncio_loop.call_exception_handler({"message": message, "exception": raised})

    def watch(self, result: object) -> None:
        """Run what a callback returned, if it can be run, and report how it fails.

        What cannot be run although it looks so, such as a Future of another loop, fails too.
        """
        try:
            future = self._future(result)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  as for the callback itself
            self.report_safely(result, error)
            return
        if future is not None:
            self._unawaited.add(future)
            future.add_done_callback(self._unwatch)

    def _future(self, result: object) -> asyncio.Future[Any] | None:
        if isinstance(result, concurrent.futures.Future):
            return asyncio.wrap_future(result, loop=self._asyncio_loop)
        if isawaitable(result):
            return asyncio.ensure_future(result, loop=self._asyncio_loop)
        return None

    def _unwatch(self, future: asyncio.Future[Any]) -> None:
        self._unawaited.discard(future)
        try:
            future.result()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  as for the callback itself
            self.report(future, error)


# Functions and not methods: one of these stands between asyncio and every callback, and
# binding a method each time would be a sixth of what that costs. For the same reason there
# are two, which differ in nothing but the arguments.


def _runner(
    report: Callable[[object, BaseException], None], watch: Callable[[object], None]
) -> Run:
    def run(callback: Callable[[], object]) -> None:
        try:
            result = callback()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  a callback must not end the loop
            report(callback, error)
        else:
            if result is not None:
                watch(result)

    return run


def _runner_with_arguments(
    report: Callable[[object, BaseException], None], watch: Callable[[object], None]
) -> RunWith:
    def run_with(
        callback: Callable[..., object], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        try:
            result = callback(*args, **kwargs)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  a callback must not end the loop
            report(callback, error)
        else:
            if result is not None:
                watch(result)

    return run_with
