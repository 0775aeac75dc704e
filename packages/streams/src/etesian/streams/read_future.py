"""The future of a read that has to wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class ReadFuture(asyncio.Future[Any]):
    """A future that gives its bytes back when nobody receives them.

    A task can be cancelled after its read was satisfied and before it runs
    again: a timeout that comes together with the data. An ordinary future
    would lose the bytes; this one hands itself to ``give_back``, which its
    maker sets.
    """

    __slots__ = ("give_back",)

    give_back: Callable[[ReadFuture], None]

    def __await__(self) -> Generator[Any, None, Any]:
        if not self.done():
            # What a future does to be waited for by a task.
            self._asyncio_future_blocking = True
            try:
                yield self
            except asyncio.CancelledError:
                if self.done() and not self.cancelled() and self.exception() is None:
                    self.give_back(self)
                raise
        return self.result()
