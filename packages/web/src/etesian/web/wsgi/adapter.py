"""An application of ours under a WSGI server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from etesian.http_wire.interface import (
    HTTPHeaders,
    HTTPOutputError,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping

    from etesian.web.application import Application

__all__ = ["WSGIAdapter"]

# Octets. As our own server has it.
MAX_BODY_SIZE: Final = 100 * 1024 * 1024
_PIECE_SIZE: Final = 64 * 1024


class WSGIAdapter:
    """A WSGI application that answers by an :class:`Application` of ours.

    ``gunicorn module:wsgi`` with ``wsgi = WSGIAdapter(application)``. Each call runs
    an event loop until the response has ended: coroutine handlers work, but the
    response is collected before it is given on, and nothing that outlives a request
    (WebSockets, background tasks) does. A request body is read in pieces; one above
    ``max_body_size`` octets is a 413. A response that breaks off is a
    ``ConnectionAbortedError`` for the WSGI server.
    """

    def __init__(self, application: Application, *, max_body_size: int = MAX_BODY_SIZE) -> None:
        self.application = application
        self._max_body_size = max_body_size

    def __call__(
        self, environ: Mapping[str, Any], start_response: Callable[..., object]
    ) -> list[bytes]:
        """Answer a request; for the WSGI server."""
        connection = asyncio.run(self._serve(environ))
        line, headers = connection.head
        start_response(f"{line.code} {line.reason}", list(headers.get_all()))
        return [b"".join(connection.body)]

    async def _serve(self, environ: Mapping[str, Any]) -> _Connection:
        connection = _Connection(asyncio.get_running_loop().create_future())
        request = _request(environ, connection)
        delegate = self.application.find_handler(request)
        start_line = RequestStartLine(request.method or "GET", request.uri, request.version)
        await _ended(delegate.headers_received(start_line, request.headers))
        left = self._max_body_size
        for piece in _body(environ):
            left -= len(piece)
            if left < 0:
                return _too_large(connection)
            await _ended(delegate.data_received(piece))
        delegate.finish()
        await connection.finished
        return connection


class _Done:
    """What is awaited where there is nothing to wait for."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield


class _Connection:
    """Collects a response."""

    head: tuple[ResponseStartLine, HTTPHeaders]
    finished_at: float | None = None
    context = None

    def __init__(self, finished: asyncio.Future[None]) -> None:
        self.finished = finished
        self.body: list[bytes] = []

    def write_headers(
        self, start_line: ResponseStartLine, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> Awaitable[None]:
        """Keep the head."""
        self.head = (start_line, headers)
        return self.write(chunk or b"")

    def write(self, chunk: bytes) -> Awaitable[None]:
        """Keep a piece of the body."""
        self.body.append(chunk)
        return _Done()

    def finish(self) -> None:
        """End the response."""
        if not self.finished.done():
            self.finished.set_result(None)

    def abort(self) -> None:
        """Give up: what was collected is not the whole."""
        if not self.finished.done():
            self.finished.set_exception(ConnectionAbortedError("the response broke off"))

    def switch_protocol(self, *_protocol: object) -> None:
        """Refuse: a WSGI server gives its connection to nobody."""
        raise HTTPOutputError("a WSGI server cannot switch protocols")

    detach = switch_protocol


async def _ended(waiting: Awaitable[None] | None) -> None:
    if waiting is not None:
        await waiting


def _request(environ: Mapping[str, Any], connection: _Connection) -> HTTPServerRequest:
    """Give the request of an environ; its octets are latin-1, as PEP 3333 says."""
    headers = HTTPHeaders()
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            headers[key[len("HTTP_") :].replace("_", "-")] = value
    for key, name in (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length")):
        if environ.get(key):
            headers[name] = environ[key]
    request = HTTPServerRequest(
        method=environ["REQUEST_METHOD"],
        uri=_uri(environ),
        version="HTTP/1.1",
        headers=headers,
        host=headers.get("Host") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
        connection=connection,
    )
    request.remote_ip = environ.get("REMOTE_ADDR", "")
    request.protocol = environ["wsgi.url_scheme"]
    return request


def _uri(environ: Mapping[str, Any]) -> str:
    """Give path and query; the server has decoded the path, so it is encoded again."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    uri = quote(path.encode("latin-1"), safe="/:@!$&'()*+,;=~-._") or "/"
    query = environ.get("QUERY_STRING")
    return f"{uri}?{query}" if query else uri


def _body(environ: Mapping[str, Any]) -> Iterator[bytes]:
    """Give the body in pieces: as long as is announced, or up to an end that the server marks."""
    length = environ.get("CONTENT_LENGTH") or ""
    left = int(length) if length.isascii() and length.isdigit() else 0
    endless = not length and bool(environ.get("wsgi.input_terminated"))
    read: Callable[[int], bytes] = environ["wsgi.input"].read
    while endless or left > 0:
        piece = read(_PIECE_SIZE if endless else min(_PIECE_SIZE, left))
        if not piece:
            return
        left -= len(piece)
        yield piece


def _too_large(connection: _Connection) -> _Connection:
    headers = HTTPHeaders({"Content-Length": "0"})
    connection.head = (ResponseStartLine("", 413, "Content Too Large"), headers)
    connection.body = []
    return connection
