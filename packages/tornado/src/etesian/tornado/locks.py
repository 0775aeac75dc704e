"""``tornado.locks``: what coroutines wait for."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.locks": "Condition Event Semaphore BoundedSemaphore Lock",
    },
)
