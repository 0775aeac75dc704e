"""``tornado.queues``: queues between coroutines."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.queues": "Queue PriorityQueue LifoQueue QueueEmpty QueueFull",
    },
)
