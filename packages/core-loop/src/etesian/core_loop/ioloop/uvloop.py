"""The event loop over uvloop, for who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvloop

from etesian.core_loop.ioloop.loop import IOLoop

if TYPE_CHECKING:
    import asyncio

__all__ = ["UvloopIOLoop"]


class UvloopIOLoop(IOLoop):
    """An IOLoop whose own loops are uvloop's.

    Importing this module needs uvloop, the extra ``uvloop`` of this distribution.
    """

    def new_asyncio_loop(self) -> asyncio.AbstractEventLoop:
        """Return a new uvloop loop."""
        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        return loop
