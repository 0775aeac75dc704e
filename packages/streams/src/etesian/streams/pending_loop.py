"""Which asyncio loop an object belongs to that may be made before any runs."""

from __future__ import annotations

import asyncio

from etesian.core_loop import interface as core_loop


def running_or_pending_loop() -> asyncio.AbstractEventLoop:
    """Give the running loop, or the one that ``IOLoop.current().start()`` will run."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return core_loop.IOLoop.current().asyncio_loop
