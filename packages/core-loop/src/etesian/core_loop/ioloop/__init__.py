"""The event loop over asyncio's, and callbacks that repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.core_loop.lazy import loader

if TYPE_CHECKING:
    from etesian.core_loop.ioloop.blocking import BlockingDetector
    from etesian.core_loop.ioloop.loop import IOLoop
    from etesian.core_loop.ioloop.periodic import PeriodicCallback

__all__ = ["BlockingDetector", "IOLoop", "PeriodicCallback"]

__getattr__ = loader(
    __name__,
    {
        "BlockingDetector": ".blocking",
        "IOLoop": ".loop",
        "PeriodicCallback": ".periodic",
    },
)
