"""Etesian: a delegate of its HTTP server, without the web framework."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from etesian.bench.programs.download import PIECES
from etesian.http_wire import HTTPHeaders, HTTPServer, RequestStartLine, ResponseStartLine

if TYPE_CHECKING:
    import socket

    from etesian.http_wire.interface import HTTPConnection

OK = ResponseStartLine("HTTP/1.1", 200, "OK")


class Answer:
    """Answers no body with a greeting, a body with itself, and an upload with its size."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._body = b""
        self._size = 0

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, _: HTTPHeaders
    ) -> None:
        """Take the head."""
        self._path = start_line.path if isinstance(start_line, RequestStartLine) else ""

    def data_received(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        if self._path == "/upload":
            self._size += len(chunk)
        else:
            self._body += chunk

    def finish(self) -> None:
        """Answer."""
        if self._path == "/download":
            self._task = asyncio.ensure_future(self._download())
            return
        body = b"%d" % self._size if self._size else self._body or b"Hello, world!"
        fields = {"Content-Type": "text/plain", "Content-Length": str(len(body))}
        self._connection.write_headers(OK, HTTPHeaders(fields), body)
        self._connection.finish()

    def on_connection_close(self) -> None:
        """Do nothing."""

    async def _download(self) -> None:
        size = sum(len(piece) for piece in PIECES)
        await self._connection.write_headers(OK, HTTPHeaders({"Content-Length": str(size)}))
        for piece in PIECES:
            await self._connection.write(piece)
        self._connection.finish()


class Delegate:
    """Makes an answer for each request."""

    def start_request(self, _: object, connection: HTTPConnection) -> Answer:
        """Begin one."""
        return Answer(connection)

    def on_close(self, _: object) -> None:
        """Do nothing."""


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    server = HTTPServer(Delegate())
    server.add_sockets([listening])
    await asyncio.Event().wait()
