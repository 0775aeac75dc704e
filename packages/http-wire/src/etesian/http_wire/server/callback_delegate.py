"""A function of one request as a delegate."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from etesian.http_wire.request import HTTPServerRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import (
        HTTPConnection,
        RequestStartLine,
        ResponseStartLine,
    )


class CallbackDelegate:
    """Calls ``callback`` with each whole request (``HTTPServerConnectionDelegate``)."""

    def __init__(self, callback: Callable[[HTTPServerRequest], object]) -> None:
        self._callback = callback

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> _Collector:
        """Give what collects one request."""
        return _Collector(self._callback, server_conn, request_conn)

    def on_close(self, server_conn: object) -> None:
        """Do nothing: the function is not told of connections."""


class _Collector:
    """Collects one request, and hands it over when it is whole."""

    __slots__ = ("_callback", "_chunks", "_connection", "_request", "_server_connection")

    def __init__(
        self,
        callback: Callable[[HTTPServerRequest], object],
        server_connection: object,
        connection: HTTPConnection,
    ) -> None:
        self._callback = callback
        self._server_connection = server_connection
        self._connection = connection
        self._chunks: list[bytes] = []
        self._request: HTTPServerRequest | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> None:
        self._request = HTTPServerRequest(
            start_line=cast("RequestStartLine", start_line),
            headers=headers,
            connection=self._connection,
            server_connection=self._server_connection,
        )

    def data_received(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def finish(self) -> None:
        request = self._request
        if request is not None:
            request.body = b"".join(self._chunks)
            self._callback(request)

    def on_connection_close(self) -> None:
        self._chunks.clear()
