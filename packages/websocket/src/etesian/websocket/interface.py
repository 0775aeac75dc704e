"""What other packages may know of WebSockets.

Doors (the implementation loads when the name is first asked for):

``WebSocketHandler``
    The server's side: a request handler that is fed messages.
``websocket_connect``
    ``await websocket_connect(url, ...)`` gives the client's side.
``api``
    The package itself with all its public names. For the bridge and the
    command, which offer all of it again; nobody else uses this door.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian import websocket as api
    from etesian.websocket.client import websocket_connect
    from etesian.websocket.handler import WebSocketHandler

__all__ = [
    "WebSocketClosedError",
    "WebSocketError",
    "WebSocketHandler",
    "api",
    "websocket_connect",
]


class WebSocketError(Exception):
    """The peer does not speak RFC 6455, or the handshake failed."""


class WebSocketClosedError(WebSocketError):
    """The connection is closed, so the message cannot be sent."""


def __getattr__(name: str) -> object:
    """Open a door: load what stands behind the name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = import_module("etesian.websocket")
    return package if name == "api" else getattr(package, name)
