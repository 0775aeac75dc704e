"""HTTP/1.1: the wire free of I/O, a server, and a pooled client."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    "HTTPClientError",
    "HTTPConnection",
    "HTTPHeaders",
    "HTTPInputError",
    "HTTPMessageDelegate",
    "HTTPOutputError",
    "HTTPServerConnectionDelegate",
    "RequestStartLine",
    "ResponseStartLine",
    "SwitchableConnection",
    "TransportProtocol",
    "format_timestamp",
]

# Public name -> the module that holds it, imported when the name is first asked for (PEP 562):
# importing the package stays cheap, and its interface can be imported without asyncio.
_HOMES = {
    "HTTPClientError": "interface",
    "HTTPConnection": "interface",
    "HTTPHeaders": "headers",
    "HTTPInputError": "interface",
    "HTTPMessageDelegate": "interface",
    "HTTPOutputError": "interface",
    "HTTPServerConnectionDelegate": "interface",
    "RequestStartLine": "interface",
    "ResponseStartLine": "interface",
    "SwitchableConnection": "interface",
    "TransportProtocol": "interface",
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
