"""The response of a WSGI application, written from its thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import wait
from typing import TYPE_CHECKING, Any, Final

from etesian.http_wire.interface import HTTPHeaders, HTTPOutputError, ResponseStartLine
from etesian.web.output_grammar import is_reason_phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from etesian.http_wire.interface import HTTPServerRequest

__all__ = ["WSGIResponse"]

# What belongs to the connection, not to the application (PEP 3333, "Other HTTP Features").
_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade"})
# Seconds between looks at whether the loop still runs; where it does not, nobody tells a thread
# that waits for it, and a process does not end before its threads.
_LOOK_INTERVAL: Final = 1.0


class WSGIResponse:
    """Head and body as the application gives them.

    :meth:`start`, :meth:`write`, :meth:`end` and :meth:`end_with` are for the
    application's thread and wait until the client took what was written;
    :meth:`fail` is for the loop's thread once the other has ended.
    """

    status = 0
    sent_size = 0
    client_left = False

    def __init__(self, request: HTTPServerRequest, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._loop = loop
        self._head: tuple[ResponseStartLine, HTTPHeaders] | None = None
        self._head_sent = False

    def start(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: tuple[type[BaseException], BaseException, TracebackType] | None = None,
    ) -> Callable[[bytes], None]:
        """Take status and headers: ``start_response`` of PEP 3333.

        A second call needs ``exc_info``, and raises that exception where the headers
        were sent already. Raises ``ValueError`` for what cannot be sent.
        """
        if exc_info is not None and self._head_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        if self._head is not None and exc_info is None:
            raise RuntimeError("start_response() called twice")
        code, _, reason = status.partition(" ")
        if not (len(code) == 3 and code.isascii() and code.isdigit() and is_reason_phrase(reason)):
            raise ValueError(f"invalid status {status[:80]!r}")
        fields = HTTPHeaders({"Server": "Etesian"})
        if not any(name.lower() == "content-type" for name, _ in headers):
            fields["Content-Type"] = "text/html; charset=UTF-8"
        for name, value in headers:
            if name.lower() == "server":
                fields[name] = value
            elif name.lower() not in _HOP_BY_HOP:
                fields.add(name, value)
        self.status = int(code)
        self._head = (ResponseStartLine("", self.status, reason), fields)
        return self.write

    def write(self, piece: bytes) -> None:
        """Send a piece of the body."""
        self._call(self._write, piece)

    def end_with(self, body: bytes) -> None:
        """Send all of the body at once, and its length."""
        head = self._required_head()
        has_body = self.status >= 200 and self.status not in (204, 304)
        if has_body and not self._head_sent:
            announced = head[1].setdefault("Content-Length", str(len(body)))
            if announced != str(len(body)) and self._request.method != "HEAD":
                raise ValueError(f"Content-Length is {announced!r}, the body has {len(body)}")
        self._call(self._write_last, body)

    def end(self) -> None:
        """End the response."""
        self._required_head()
        self._call(self._write_last, b"")

    def fail(self) -> None:
        """Answer 500 where nothing was sent, else cut the connection."""
        if not self._head_sent:
            try:
                self._answer(500, "Internal Server Error")
            except HTTPOutputError:
                pass  # the connection has taken the head, and then not the body
            else:
                return
        self._request.connection.abort()

    def refuse(self) -> None:
        """Answer 503: there are too many others."""
        self._answer(503, "Service Unavailable")

    def _answer(self, code: int, reason: str) -> None:
        self.status = code
        body = reason.encode()
        fields = {"Content-Type": "text/plain", "Content-Length": str(len(body))}
        connection = self._request.connection
        line = ResponseStartLine("", code, reason)
        connection.write_headers(line, HTTPHeaders(fields), self._visible(body))
        connection.finish()

    def _call(self, function: Callable[[bytes], Coroutine[Any, Any, None]], body: bytes) -> None:
        """Run a coroutine function in the loop and wait for it."""
        self._required_head()
        if not isinstance(body, bytes):
            raise TypeError(f"a WSGI application gives bytes, got {type(body).__name__}")
        writing = function(body)
        future = asyncio.run_coroutine_threadsafe(writing, self._loop)
        while not wait([future], _LOOK_INTERVAL).done:
            if not self._loop.is_running():
                writing.close()
                raise ConnectionAbortedError("the event loop has stopped")
        future.result()

    async def _write(self, piece: bytes) -> None:
        connection = self._request.connection
        try:
            if self._head_sent:
                if visible := self._visible(piece):
                    await connection.write(visible)
                return
            # It raises with nothing sent where the head, or this piece, cannot be; then 500 can.
            sent = connection.write_headers(*self._required_head(), self._visible(piece))
            self._head_sent = True
            await sent
        except OSError:
            self.client_left = True
            raise

    async def _write_last(self, piece: bytes) -> None:
        if piece or not self._head_sent:
            await self._write(piece)
        self._request.connection.finish()

    def _visible(self, piece: bytes) -> bytes:
        """Give what of the body is sent: nothing of it where the head was asked for."""
        if self._request.method == "HEAD":
            return b""
        self.sent_size += len(piece)
        return piece

    def _required_head(self) -> tuple[ResponseStartLine, HTTPHeaders]:
        if self._head is None:
            raise RuntimeError("the WSGI application did not call start_response()")
        return self._head
