"""What other packages may know of HTTP/1.1.

A server hands each request to a delegate by calls, never by coroutine: all of them
happen in the call stack of the bytes' arrival, and so does a response without wait.

Doors (the implementation loads when the name is first asked for):

``HTTPHeaders``
    A multi-valued mapping with names in ``Http-Header-Case``.
``HTTPServerRequest``
    The request as a handler sees it: lazy arguments, cookies, files, host.
``create_server``, ``HTTPServer``
    ``create_server(delegate, **options)`` gives a server with the options of that
    class; ``connection`` of its requests is a :class:`SwitchableConnection`.
``AsyncHTTPClient``, ``HTTPRequest``, ``HTTPResponse``
    ``await AsyncHTTPClient().fetch(HTTPRequest(url, ...))``, connections pooled.
``connect_upgrade``
    ``await connect_upgrade(request, protocol_factory)`` sends a request; on ``101`` the factory
    gets the response (to judge it, and raise), its protocol the bytes behind the head.
``api``
    All public names, for the bridge and the command; nobody else uses this door.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import BinaryIO

    from etesian import http_wire as api
    from etesian.http_wire.client.client import AsyncHTTPClient
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.response import HTTPResponse
    from etesian.http_wire.client.upgrade import connect_upgrade
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.request import HTTPServerRequest
    from etesian.http_wire.server.server import HTTPServer, create_server
    from etesian.streams.interface import Stream

__all__ = [
    "AsyncHTTPClient",
    "HTTPClientError",
    "HTTPConnection",
    "HTTPHeaders",
    "HTTPInputError",
    "HTTPMessageDelegate",
    "HTTPOutputError",
    "HTTPRequest",
    "HTTPResponse",
    "HTTPServer",
    "HTTPServerConnectionDelegate",
    "HTTPServerRequest",
    "RequestStartLine",
    "ResponseStartLine",
    "SwitchableConnection",
    "TransportProtocol",
    "api",
    "connect_upgrade",
    "create_server",
]


class HTTPInputError(Exception):
    """The peer's bytes are not HTTP, or exceed a limit; the text is for the log only.

    ``status_code`` (400, 413, 414, 417, 431, 501, 505) is answered before the end.
    """

    def __init__(self, message: str, status_code: int = 400) -> None:
        super().__init__(message)
        self.status_code = status_code


class HTTPOutputError(Exception):
    """Our own side broke the framing it announced; the connection is closed."""


class HTTPClientError(Exception):
    """A fetch gave no success: ``code`` is the status, or 599 without a response."""

    def __init__(self, code: int, message: str | None = None, response: object = None) -> None:
        super().__init__(code, message, response)
        self.code = code
        self.message = message or "Unknown"
        self.response = response

    def __str__(self) -> str:
        return f"HTTP {self.code}: {self.message}"


class RequestStartLine(NamedTuple):
    """The request line; ``path`` is the request target as it was received."""

    method: str
    path: str
    version: str


class ResponseStartLine(NamedTuple):
    """The status line; ``version`` is what the peer said, or is to be told."""

    version: str
    code: int
    reason: str


class TransportProtocol(Protocol):
    """Any ``asyncio.Protocol`` or ``asyncio.BufferedProtocol``, said without asyncio."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection; ``exc`` is what broke it, if anything did."""

    def pause_writing(self) -> None:
        """Take the news that the peer reads more slowly than we write."""

    def resume_writing(self) -> None:
        """Take the news that it has caught up."""


class HTTPConnection(Protocol):
    """Where one response is written.

    The awaitables end when the bytes have drained; they need not be awaited. With a
    ``Content-Length`` the count is enforced (:class:`HTTPOutputError`).
    """

    def write_headers(
        self, start_line: ResponseStartLine, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> Awaitable[None]:
        """Send the head, and ``chunk`` in the same write.

        Raises ``ValueError``, with nothing sent, where a name, a value or the
        reason holds what may not stand on the wire (RFC 9110, 5.5).
        """
        ...

    def write(self, chunk: bytes) -> Awaitable[None]:
        """Send a piece of the body."""
        ...

    def finish(self) -> None:
        """End the response; the next request of the connection may be served."""

    def abort(self) -> None:
        """Cut the connection, so that the peer sees that the response broke off.

        For a failure after the head; harmless once the response has ended.
        """


class SwitchableConnection(HTTPConnection, Protocol):
    """A connection that takes files, and can leave HTTP after a response that says so."""

    async def send_file(self, file: BinaryIO, offset: int, count: int) -> None:
        """Send a part of an open file, to the last octet; where it can, the kernel does.

        Nothing else may be written meanwhile. A file that ended before
        (:class:`HTTPOutputError`), a cancel and any other failure cut the connection.
        """

    def call_on_drain(self, callback: Callable[[], None]) -> None:
        """Call back, once, when the server begins to shut down; now where it has begun."""

    def switch_protocol(self, protocol: TransportProtocol) -> None:
        """Give the transport to ``protocol``, with the bytes read after the head.

        Its ``begin_drain() -> Awaitable``, if any, tells of a shutdown and awaits the end.
        """

    def detach(self) -> Stream:
        """Give the connection as a stream, with the bytes read after the head."""
        ...


class HTTPMessageDelegate(Protocol):
    """Takes one message. After the head, it ends by exactly one of the last two.

    An awaitable from the first two pauses reading. A server calls the last also when
    the peer leaves between the message and its answer.
    """

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Take the head."""
        ...

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take a piece of the body, decoded from chunks and compression."""
        ...

    def finish(self) -> None:
        """Take the end of the message."""

    def on_connection_close(self) -> None:
        """Take the news that the peer left before the message or its answer ended."""


class HTTPServerConnectionDelegate(Protocol):
    """Makes a message delegate for every request; each runs in context variables of its own."""

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        """Give the delegate of the next request, before its head is known."""
        ...

    def on_close(self, server_conn: object) -> None:
        """Take the news that the connection ended."""


def __getattr__(name: str) -> object:
    """Open a door: load what stands behind the name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = import_module("etesian.http_wire")
    return package if name == "api" else getattr(package, name)
