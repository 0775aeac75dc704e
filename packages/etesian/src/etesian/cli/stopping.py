"""The wish that the process may end: from a signal, or from elsewhere."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Seconds for what no loop can end: threads of a WSGI application, which Python would wait for
# without limit at its own end.
_LAST_GRACE = 2.0


class Stopping:
    """An event that the first signal sets. The second may end the process there and then.

    The handlers are Python's own and not the loop's, so that a second Ctrl-C also ends a
    program whose loop is stuck in a handler. To be made where the loop runs, in the main thread.
    """

    def __init__(
        self, signals: Iterable[signal.Signals], at_once: Callable[[], object] | None = None
    ) -> None:
        """``at_once`` is called in the handler of the second signal, before the process ends.

        Without it further signals change nothing.
        """
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._at_once = at_once
        self._asked = False
        for number in signals:
            signal.signal(number, self._take)

    def ask(self) -> None:
        """Ask for the end; on the loop's thread."""
        self._asked = True
        self._event.set()

    async def wait(self) -> None:
        """Wait until the end is asked for."""
        await self._event.wait()

    def _take(self, number: int, frame: object) -> None:  # noqa: ARG002 - signal's signature
        if self._asked and self._at_once is not None:
            self._at_once()
            os._exit(128 + number)
        self._asked = True
        self._loop.call_soon_threadsafe(self._event.set)


def end_soon(status: int) -> None:
    """End the process with ``status`` in two seconds, whatever its threads still do."""

    def end() -> None:
        print("etesian: some threads are still busy; ended without them", file=sys.stderr)
        os._exit(status)

    timer = threading.Timer(_LAST_GRACE, end)
    timer.daemon = True
    timer.start()
