"""Requests that are answered by their own methods, and the functions that do so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etesian.http_wire.interface import api as http_wire
from etesian.tornado.callback_connection import CallbackConnection

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FunctionDelegate", "HTTPServerRequest"]


class HTTPServerRequest(http_wire.HTTPServerRequest):
    """A request with the methods of 4.x, all of which are its connection's affair now."""

    def supports_http_1_1(self) -> bool:
        """Tell whether the client speaks HTTP/1.1."""
        return self.version == "HTTP/1.1"

    def write(self, chunk: bytes | str, callback: Callable[[], object] | None = None) -> Any:
        """Send a piece of the response, which begins with its head written out."""
        return self._own_connection().write(chunk, callback)

    def finish(self) -> None:
        """End the response."""
        self._own_connection().finish()

    def _own_connection(self) -> CallbackConnection:
        if not isinstance(self.connection, CallbackConnection):
            self.connection = CallbackConnection(self.connection)
        return self.connection


class FunctionDelegate:
    """Calls a function with each whole request (``HTTPServerConnectionDelegate``)."""

    def __init__(self, function: Callable[[HTTPServerRequest], object]) -> None:
        self._function = function

    def start_request(self, server_conn: object, request_conn: object) -> _Message:
        """Give what collects one request."""
        return _Message(self._function, server_conn, CallbackConnection(request_conn))

    def on_close(self, server_conn: object) -> None:
        """Do nothing: the function is not told of connections."""


class _Message:
    """One request, and the news of its client to the connection that it is answered on."""

    def __init__(
        self,
        function: Callable[[HTTPServerRequest], object],
        server_connection: object,
        connection: CallbackConnection,
    ) -> None:
        self._function = function
        self._server_connection = server_connection
        self._connection = connection
        self._chunks: list[bytes] = []
        self._request: HTTPServerRequest | None = None

    def headers_received(self, start_line: Any, headers: Any) -> None:
        self._request = HTTPServerRequest(
            start_line=start_line,
            headers=headers,
            connection=self._connection,
            server_connection=self._server_connection,
        )

    def data_received(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def finish(self) -> None:
        if self._request is not None:
            self._request.body = b"".join(self._chunks)
            self._function(self._request)

    def on_connection_close(self) -> None:
        self._connection.closed()
