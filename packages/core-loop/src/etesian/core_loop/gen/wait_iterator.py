"""Results in the order in which they come."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Self

from etesian.core_loop.concurrent.futures import chain_future, loop_for_future
from etesian.core_loop.concurrent.waiting import Waiter
from etesian.core_loop.gen.convert import convert_yielded

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

__all__ = ["WaitIterator"]


class WaitIterator:
    """Gives the results of several awaitables as they finish.

    Built with positional arguments or with keywords. While ``not done()``, `next` returns
    a Future of the next result; when that is there, `current_future` is what finished and
    `current_index` its position or keyword. ``async for`` does the same and stops at the
    first error; `next` can go on after one.

    Raises ValueError when built with both positional and keyword arguments.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError("WaitIterator takes positional or keyword arguments, not both")
        named: Iterable[tuple[str | int, Any]] = kwargs.items() if kwargs else enumerate(args)
        # Held here until handed out: nobody else may be holding them.
        self._unfinished: dict[asyncio.Future[Any], deque[str | int]] = {}
        self._finished: deque[asyncio.Future[Any]] = deque()
        self._running: asyncio.Future[Any] | None = None
        self.current_index: str | int | None = None
        self.current_future: asyncio.Future[Any] | None = None
        for index, awaitable in named:
            future = convert_yielded(awaitable)
            known = self._unfinished.setdefault(future, deque())
            known.append(index)
            future.add_done_callback(self._one_done)

    def done(self) -> bool:
        """Tell whether every result was handed out."""
        if self._unfinished or self._finished:
            return False
        self.current_index = self.current_future = None
        return True

    def next(self) -> asyncio.Future[Any]:
        """Return a Future of the next result, or error, to come.

        One call at a time: wait for its Future before the next call. One that was cancelled
        takes no result with it, nor does a Task that was cancelled while it awaited one.
        """
        self._running = _Next(None, self._take_back, loop_for_future())
        if self._finished:
            self._hand_out(self._finished.popleft(), self._running)
        return self._running

    def _one_done(self, future: asyncio.Future[Any]) -> None:
        if self._running is not None and not self._running.done():
            self._hand_out(future, self._running)
        else:
            self._finished.append(future)

    def _hand_out(self, future: asyncio.Future[Any], receiver: asyncio.Future[Any]) -> None:
        self.current_future = future
        indexes = self._unfinished[future]
        self.current_index = indexes.popleft()
        if not indexes:
            del self._unfinished[future]
        chain_future(future, receiver)

    def _take_back(self, _: object) -> None:
        """Get back what was handed out last, and nobody has seen."""
        if self.current_future is not None and self.current_index is not None:
            self._unfinished.setdefault(self.current_future, deque()).appendleft(self.current_index)
            self._finished.appendleft(self.current_future)

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> asyncio.Future[Any]:
        if self.done():
            raise StopAsyncIteration
        return self.next()


class _Next(Waiter):
    """A Waiter to which an error is a thing that it was handed, like any other."""

    def hand_back(self) -> None:
        """Give back what came, whichever way it came."""
        if self.done() and not self.cancelled() and self._give_back is not None:
            self._give_back(self.exception())
