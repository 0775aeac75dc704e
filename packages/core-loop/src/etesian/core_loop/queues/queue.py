"""Queues between coroutines."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from etesian.core_loop.concurrent.waiting import Line, Timeout
from etesian.core_loop.locks.event import Event

if TYPE_CHECKING:
    import asyncio

__all__ = ["LifoQueue", "PriorityQueue", "Queue", "QueueEmpty", "QueueFull"]

_Item = TypeVar("_Item")


class QueueEmpty(Exception):  # noqa: N818  the documented name
    """`Queue.get_nowait` found nothing."""


class QueueFull(Exception):  # noqa: N818  the documented name
    """`Queue.put_nowait` found no room."""


class Queue(Generic[_Item]):
    """Items on their way from producers to consumers, first in, first out.

    With `maxsize` above 0, `put` waits while that many items are inside. Consumers and
    producers that wait are served in the order they came. ``async for item in queue`` gets
    items for ever.

    Cancelling a `get` at any moment loses no item: one that it was being handed goes back
    to where it was, so that the queue may hold one more than `maxsize` for a moment. A
    `put` that is cancelled while it waits has not put its item.

    A subclass with another order overrides `_init`, `_put` and `_get`.

    Raises TypeError when `maxsize` is None, ValueError when it is negative.
    """

    def __init__(self, maxsize: int = 0) -> None:
        if maxsize is None:
            raise TypeError("maxsize is a number, 0 for no limit, got None")
        if maxsize < 0:
            raise ValueError(f"maxsize is 0 (no limit) or more, got {maxsize}")
        self._maxsize = maxsize
        self._unfinished = 0
        self._finished = Event()
        self._finished.set()
        self._getters = Line(self._take_back)
        self._putters = Line()
        self._init()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} size={self.qsize()} maxsize={self._maxsize} "
            f"getters={len(self._getters)} putters={len(self._putters)}>"
        )

    @property
    def maxsize(self) -> int:
        """How many items fit in; 0 for any number."""
        return self._maxsize

    def qsize(self) -> int:
        """Return the number of items inside."""
        return len(self._queue)

    def empty(self) -> bool:
        """Tell whether no item is inside."""
        return not self._queue

    def full(self) -> bool:
        """Tell whether `put` would wait."""
        return 0 < self._maxsize <= self.qsize()

    def put(self, item: _Item, timeout: Timeout = None) -> asyncio.Future[None]:
        """Put an item in; return a Future that is done when there was room for it.

        Raises TimeoutError when `timeout`, a moment on the loop's clock or a timedelta,
        passes first; the item is not in the queue then.
        """
        if self.full():
            return self._putters.wait(timeout, item)
        self.put_nowait(item)
        return self._putters.done(None)

    def put_nowait(self, item: _Item) -> None:
        """Put an item in; QueueFull when there is no room."""
        if self.full():
            raise QueueFull(f"the queue holds {self.qsize()} items already")
        self._admit(item)
        self._serve_getters()

    def get(self, timeout: Timeout = None) -> asyncio.Future[_Item]:
        """Return a Future of the next item.

        Raises TimeoutError when `timeout`, a moment on the loop's clock or a timedelta,
        passes first; no item is taken then.
        """
        if self.empty():
            return self._getters.wait(timeout)
        return self._getters.done(self.get_nowait())

    def get_nowait(self) -> _Item:
        """Return the next item; QueueEmpty when there is none."""
        if self.empty():
            raise QueueEmpty("the queue holds no item")
        item = self._get()
        self._serve_putters()
        return item

    def task_done(self) -> None:
        """Say that an item that was got is dealt with; `join` waits for that.

        Raises ValueError when called more often than items were put.
        """
        if self._unfinished <= 0:
            raise ValueError("task_done() called more often than items were put")
        self._unfinished -= 1
        if self._unfinished == 0:
            self._finished.set()

    def join(self, timeout: Timeout = None) -> asyncio.Future[None]:
        """Return a Future that is done once `task_done` was called for every item.

        Raises TimeoutError when `timeout`, a moment on the loop's clock or a timedelta,
        passes first.
        """
        return self._finished.wait(timeout)

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> asyncio.Future[_Item]:
        return self.get()

    def _init(self) -> None:
        """Make the container, `_queue`, that holds the items."""
        self._queue: Any = deque()

    def _put(self, item: _Item) -> None:
        """Add an item to the container."""
        self._queue.append(item)

    def _get(self) -> _Item:
        """Take the next item out of the container."""
        item: _Item = self._queue.popleft()
        return item

    def _put_back(self, item: _Item) -> None:
        """Add an item that is to be the next one again, where the order is that of arrival."""
        if isinstance(self._queue, deque):
            self._queue.appendleft(item)
        else:
            self._put(item)

    def _admit(self, item: _Item) -> None:
        self._unfinished += 1
        self._finished.clear()
        self._put(item)

    def _take_back(self, item: _Item) -> None:
        """Get an item back whose receiver was cancelled before it could look at it."""
        self._put_back(item)
        self._serve_getters()

    def _serve_getters(self) -> None:
        while not self.empty():
            first = self._getters.pop()
            if first is None:
                break
            first[0].set_result(self._get())
            self._serve_putters()

    def _serve_putters(self) -> None:
        while not self.full():
            first = self._putters.pop()
            if first is None:
                break
            waiter, item = first
            self._admit(item)
            waiter.set_result(None)


class PriorityQueue(Queue[_Item]):
    """A Queue that gives the smallest item first, by ``<``."""

    def _init(self) -> None:
        self._queue = []

    def _put(self, item: _Item) -> None:
        heapq.heappush(self._queue, item)

    def _get(self) -> _Item:
        item: _Item = heapq.heappop(self._queue)
        return item


class LifoQueue(Queue[_Item]):
    """A Queue that gives the newest item first."""

    def _init(self) -> None:
        self._queue = []

    def _put(self, item: _Item) -> None:
        self._queue.append(item)

    def _get(self) -> _Item:
        item: _Item = self._queue.pop()
        return item
