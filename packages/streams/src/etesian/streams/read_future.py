"""The future of a read that has to wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    from etesian.streams.read_side import ReadSide


class ReadFuture(asyncio.Future[Any]):
    """A future that gives its bytes back when nobody receives them.

    A task can be cancelled after its read was satisfied and before it runs
    again: a timeout that comes together with the data. An ordinary future
    would lose the bytes; this one gives them back to ``reader``, which its
    maker sets.
    """

    __slots__ = ("reader",)

    reader: ReadSide

    def __await__(self) -> Generator[Any, None, Any]:
        if not self.done():
            # What a future does to be waited for by a task.
            self._asyncio_future_blocking = True
            try:
                yield self
            except asyncio.CancelledError:
                if self.done() and not self.cancelled() and self.exception() is None:
                    self.reader.give_back(self.result())
                raise
        return self.result()
