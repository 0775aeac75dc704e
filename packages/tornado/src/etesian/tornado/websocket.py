"""``tornado.websocket``: WebSockets, server and client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from etesian.tornado.ioloop import IOLoop
from etesian.tornado.lending import lend
from etesian.tornado.stack_context import wrap
from etesian.websocket.interface import api as websocket

if TYPE_CHECKING:
    from collections.abc import Callable

__getattr__, __dir__ = lend(
    __name__,
    {"websocket": "WebSocketHandler WebSocketClosedError WebSocketError"},
    own="WebSocketClientConnection websocket_connect",
)


class WebSocketClientConnection(websocket.WebSocketClientConnection):
    """The client's connection, whose ``read_message`` gives a Future and takes ``callback=``."""

    def read_message(  # type: ignore[override] # a Future is what the documents promise
        self, callback: Callable[[asyncio.Future[Any]], object] | None = None
    ) -> asyncio.Future[str | bytes | None]:
        """Give the Future of the next message; the callback, if any, gets that Future."""
        future = asyncio.ensure_future(super().read_message())
        return _told(future, callback)


def websocket_connect(
    url: Any,
    io_loop: object = None,
    callback: Callable[[asyncio.Future[Any]], object] | None = None,
    **options: Any,
) -> asyncio.Future[WebSocketClientConnection]:
    """Give the Future of a connection; the callback, if any, gets that Future.

    It may be called before the loop runs.
    """
    del io_loop
    options.setdefault("connection_class", WebSocketClientConnection)
    options = {name: value for name, value in options.items() if value is not None}
    loop = IOLoop.current().asyncio_loop
    return _told(loop.create_task(_connect(url, options)), callback)


async def _connect(url: Any, options: dict[str, Any]) -> Any:
    return await websocket.websocket_connect(url, **options)


def _told(
    future: asyncio.Future[Any], callback: Callable[[asyncio.Future[Any]], object] | None
) -> asyncio.Future[Any]:
    if callback is not None:
        IOLoop.current().add_future(future, wrap(callback))
    return future
