"""Finding callbacks that hold the loop up."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

__all__ = ["BlockingDetector"]

_log = logging.getLogger("etesian.application")


class BlockingDetector:
    """Logs the stack of whatever holds a loop for longer than `threshold` seconds.

    A thread asks the loop for a sign of life and looks at the loop thread's stack when none
    comes in time; it asks again when the sign has come. That works with every asyncio loop,
    uvloop included, whose iterations cannot be timed from outside. It wakes the loop about
    once in `threshold` seconds, which is its whole cost, and logs a blocking callback once.
    """

    def __init__(self, asyncio_loop: asyncio.AbstractEventLoop, threshold: float) -> None:
        if not threshold > 0:
            raise ValueError(f"expected a threshold of more than 0 seconds, got {threshold}")
        self._asyncio_loop = asyncio_loop
        self._threshold = threshold
        self._stopped = threading.Event()
        self._alive = threading.Event()
        self._loop_thread: int | None = None
        self._thread = threading.Thread(
            target=self._watch, name="etesian-blocking-detector", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, and wait for the thread to end."""
        self._stopped.set()
        self._alive.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _show_life(self) -> None:
        self._loop_thread = threading.get_ident()
        self._alive.set()

    def _watch(self) -> None:
        while not self._stopped.wait(self._threshold):
            self._alive.clear()
            try:
                self._asyncio_loop.call_soon_threadsafe(self._show_life)
            except RuntimeError:
                return  # the loop is closed
            if not self._alive.wait(self._threshold):
                self._report()
                while not self._alive.wait(self._threshold):
                    # Stopped between the question and here, on the loop's thread: it gives no sign.
                    if self._stopped.is_set() or self._asyncio_loop.is_closed():
                        return

    def _report(self) -> None:
        # A loop that is not running holds nothing up.
        if self._stopped.is_set() or not self._asyncio_loop.is_running():
            return
        frame = sys._current_frames().get(self._loop_thread or 0)  # noqa: SLF001  documented
        if frame is not None:
            _log.warning(
                "The event loop has been blocked for %s seconds in\n%s",
                self._threshold,
                "".join(traceback.format_stack(frame)),
            )
