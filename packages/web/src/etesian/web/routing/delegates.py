"""Message delegates that stand between the connection and a router's target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.http_wire.interface import HTTPHeaders, HTTPServerRequest, ResponseStartLine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from etesian.http_wire.interface import (
        HTTPConnection,
        HTTPMessageDelegate,
        RequestStartLine,
    )
    from etesian.web.routing.router import Router

__all__ = ["CallableDelegate", "NotFoundDelegate", "RoutingDelegate"]


class RoutingDelegate:
    """Asks the router when the head is there, and hands all on to what it gives."""

    __slots__ = ("_connection", "_delegate", "_router", "_server_connection")

    _delegate: HTTPMessageDelegate

    def __init__(
        self, router: Router, server_connection: object, connection: HTTPConnection
    ) -> None:
        self._router = router
        self._server_connection = server_connection
        self._connection = connection

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Find the delegate of the request; 404 where the router has none."""
        # By place: keywords would double the price of an object that every request needs.
        nothing = None
        request = HTTPServerRequest(
            nothing,
            nothing,
            "",
            headers,
            nothing,
            nothing,
            nothing,
            self._connection,
            start_line,  # type: ignore[arg-type]  # a request has no other
            self._server_connection,
        )
        delegate = self._router.find_handler(request)
        self._delegate = NotFoundDelegate(self._connection) if delegate is None else delegate
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Pass on a piece of the body."""
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        """Pass on the end of the request."""
        self._delegate.finish()

    def on_connection_close(self) -> None:
        """Pass on that the client left, unless it left before there was a head."""
        try:
            delegate = self._delegate
        except AttributeError:
            return
        delegate.on_connection_close()


class NotFoundDelegate:
    """Answers 404 without a body to what a bare router has no target for."""

    __slots__ = ("_connection",)

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection

    def headers_received(self, start_line: object, headers: object) -> None:
        """Wait for the end of the request."""

    def data_received(self, chunk: bytes) -> None:
        """Drop the body."""

    def finish(self) -> None:
        """Answer."""
        start_line = ResponseStartLine("HTTP/1.1", 404, "Not Found")
        self._connection.write_headers(start_line, HTTPHeaders({"Content-Length": "0"}))
        self._connection.finish()

    def on_connection_close(self) -> None:
        """Nothing was begun."""


class CallableDelegate:
    """Collects the body, then gives the whole request to a function.

    The function answers through ``request.connection``.
    """

    __slots__ = ("_chunks", "_function", "_request")

    def __init__(
        self, function: Callable[[HTTPServerRequest], object], request: HTTPServerRequest
    ) -> None:
        self._function = function
        self._request = request
        self._chunks: list[bytes] = []

    def headers_received(self, start_line: object, headers: object) -> None:
        """Wait for the body."""

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body; how much may come is the server's limit."""
        self._chunks.append(chunk)

    def finish(self) -> None:
        """Call the function."""
        self._request.body = b"".join(self._chunks)
        self._chunks.clear()
        self._function(self._request)

    def on_connection_close(self) -> None:
        """Forget what was collected."""
        self._chunks.clear()
