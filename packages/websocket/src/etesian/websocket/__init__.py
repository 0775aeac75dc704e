"""WebSockets, server and client (RFC 6455 and 7692)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.websocket.broadcasting import broadcast
    from etesian.websocket.client import websocket_connect
    from etesian.websocket.client_connection import WebSocketClientConnection
    from etesian.websocket.handler import WebSocketHandler
    from etesian.websocket.interface import WebSocketClosedError, WebSocketError

__all__ = [
    "WebSocketClientConnection",
    "WebSocketClosedError",
    "WebSocketError",
    "WebSocketHandler",
    "broadcast",
    "websocket_connect",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562):
# importing the package stays cheap, and its interface can be imported without asyncio.
_HOMES = {
    "WebSocketClientConnection": "client_connection",
    "WebSocketClosedError": "interface",
    "WebSocketError": "interface",
    "WebSocketHandler": "handler",
    "broadcast": "broadcasting",
    "websocket_connect": "client",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
