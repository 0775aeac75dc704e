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
    would lose the bytes; this one hands them to ``give_back``.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, give_back: Callable[[ReadFuture], None]
    ) -> None:
        super().__init__(loop=loop)
        self._give_back = give_back

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            return (yield from super().__await__())
        except asyncio.CancelledError:
            if self.done() and not self.cancelled() and self.exception() is None:
                self._give_back(self)
            raise
