"""HTTP/1.1: the wire free of I/O, a server, and a pooled client."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.http_wire.client.client import AsyncHTTPClient
    from etesian.http_wire.client.errors import (
        HTTPError,
        HTTPProtocolError,
        HTTPStreamClosedError,
        HTTPTimeoutError,
    )
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.response import HTTPResponse
    from etesian.http_wire.client.simple_client import SimpleAsyncHTTPClient
    from etesian.http_wire.client.sync_client import HTTPClient
    from etesian.http_wire.client.upgrade import connect_upgrade
    from etesian.http_wire.dates import format_timestamp
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import (
        HTTPClientError,
        HTTPConnection,
        HTTPInputError,
        HTTPMessageDelegate,
        HTTPOutputError,
        HTTPServerConnectionDelegate,
        RequestStartLine,
        ResponseStartLine,
        SwitchableConnection,
        TransportProtocol,
    )

__all__ = [
    "AsyncHTTPClient",
    "HTTPClient",
    "HTTPClientError",
    "HTTPConnection",
    "HTTPError",
    "HTTPHeaders",
    "HTTPInputError",
    "HTTPMessageDelegate",
    "HTTPOutputError",
    "HTTPProtocolError",
    "HTTPRequest",
    "HTTPResponse",
    "HTTPServerConnectionDelegate",
    "HTTPStreamClosedError",
    "HTTPTimeoutError",
    "RequestStartLine",
    "ResponseStartLine",
    "SimpleAsyncHTTPClient",
    "SwitchableConnection",
    "TransportProtocol",
    "connect_upgrade",
    "format_timestamp",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562):
# importing the package stays cheap, and its interface can be imported without asyncio.
_HOMES = {
    "AsyncHTTPClient": "client.client",
    "HTTPClient": "client.sync_client",
    "HTTPClientError": "interface",
    "HTTPConnection": "interface",
    "HTTPError": "client.errors",
    "HTTPHeaders": "headers",
    "HTTPInputError": "interface",
    "HTTPMessageDelegate": "interface",
    "HTTPOutputError": "interface",
    "HTTPProtocolError": "client.errors",
    "HTTPRequest": "client.request",
    "HTTPResponse": "client.response",
    "HTTPServerConnectionDelegate": "interface",
    "HTTPStreamClosedError": "client.errors",
    "HTTPTimeoutError": "client.errors",
    "RequestStartLine": "interface",
    "ResponseStartLine": "interface",
    "SimpleAsyncHTTPClient": "client.simple_client",
    "SwitchableConnection": "interface",
    "TransportProtocol": "interface",
    "connect_upgrade": "client.upgrade",
    "format_timestamp": "dates",
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
