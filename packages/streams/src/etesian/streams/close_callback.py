"""What is called when a stream has closed."""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import TYPE_CHECKING, Any

from etesian.streams.pending_loop import running_or_pending_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_log = logging.getLogger("etesian.application")

# The loop keeps only weak references to its tasks.
_running: set[asyncio.Future[Any]] = set()


class CloseCallback:
    """A callback that runs once, from the loop, and whose errors are logged."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback: Callable[[], object] | None = callback

    def schedule(self) -> None:
        """Run it in the next turn of the loop, if it has not run."""
        running_or_pending_loop().call_soon(self._run)

    def _run(self) -> None:
        callback, self._callback = self._callback, None
        if callback is None:
            return
        try:
            result = callback()
        except Exception:  # noqa: BLE001 - whatever the user's code raises
            _log.exception("Error in the close callback %r", callback)
            return
        if inspect.isawaitable(result):
            run_logged(result, "close callback")


def run_logged(awaitable: Awaitable[object], what: str) -> asyncio.Future[Any]:
    """Run ``awaitable`` to its end; log its error on ``etesian.application`` as one of ``what``."""

    def finish(task: asyncio.Future[Any]) -> None:
        _running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("Error in the %s", what, exc_info=task.exception())

    task = asyncio.ensure_future(awaitable)
    _running.add(task)
    task.add_done_callback(finish)
    return task
