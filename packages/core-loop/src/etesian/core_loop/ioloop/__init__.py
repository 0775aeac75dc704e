"""The event loop over asyncio's, and callbacks that repeat."""

from __future__ import annotations

from etesian.core_loop.ioloop.loop import IOLoop

__all__ = ["IOLoop"]
