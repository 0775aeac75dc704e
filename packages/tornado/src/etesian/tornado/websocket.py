"""``tornado.websocket``: WebSockets, server and client."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "websocket": """
            WebSocketHandler WebSocketClosedError WebSocketError websocket_connect
            WebSocketClientConnection
        """,
    },
)
