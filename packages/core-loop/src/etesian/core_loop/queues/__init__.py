"""Queues for coroutines of one thread."""

from __future__ import annotations

from etesian.core_loop.queues.queue import (
    LifoQueue,
    PriorityQueue,
    Queue,
    QueueEmpty,
    QueueFull,
)

__all__ = ["LifoQueue", "PriorityQueue", "Queue", "QueueEmpty", "QueueFull"]
