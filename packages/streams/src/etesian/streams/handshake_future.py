"""The future of a TLS handshake on a connection that began without."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from etesian.streams.ssl_iostream import SSLIOStream


class HandshakeFuture(asyncio.Future["SSLIOStream"]):
    """A future that closes the stream it has if nobody receives it.

    A task can be cancelled after the handshake it waits for has ended and
    before it runs again. With an ordinary future the stream would be lost, and
    the connection open for as long as the peer likes.
    """

    @classmethod
    def of(
        cls, handshake: Coroutine[Any, Any, SSLIOStream], loop: asyncio.AbstractEventLoop
    ) -> HandshakeFuture:
        """Run ``handshake``, and give the future of its stream; cancelling that cancels both."""
        future = cls(loop=loop)
        task = loop.create_task(handshake)

        def deliver(task: asyncio.Task[SSLIOStream]) -> None:
            if task.cancelled():
                future.cancel()
            elif error := task.exception():
                if not future.done():
                    future.set_exception(error)
            elif future.done():
                task.result().close()
            else:
                future.set_result(task.result())

        def follow(future: asyncio.Future[SSLIOStream]) -> None:
            if future.cancelled():
                task.cancel()

        task.add_done_callback(deliver)
        future.add_done_callback(follow)
        return future

    def __await__(self) -> Generator[Any, None, SSLIOStream]:
        try:
            return (yield from super().__await__())
        except asyncio.CancelledError:
            if self.done() and not self.cancelled() and self.exception() is None:
                self.result().close()
            raise
