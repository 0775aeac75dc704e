"""Brings one request to a WSGI application, its body piece by piece."""

from __future__ import annotations

import asyncio
from io import BufferedReader
from typing import TYPE_CHECKING, Final, Protocol

from etesian.http_wire.interface import HTTPServerRequest
from etesian.web.wsgi.body_pipe import BodyPipe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import BinaryIO

    from etesian.http_wire.interface import (
        HTTPConnection,
        HTTPHeaders,
        RequestStartLine,
        ResponseStartLine,
    )

__all__ = ["Start", "WSGIDelegate"]

# Octets. A body up to here is waited for before a thread is taken: a slow client must not
# occupy one with a form. Of what is larger the thread reads the rest as it comes.
_COLLECTED_SIZE: Final = 64 * 1024


class Start(Protocol):
    """Runs the application for a request."""

    def __call__(
        self,
        request: HTTPServerRequest,
        body: BinaryIO,
        length: int | None,
        on_end: Callable[[], None],
    ) -> Callable[[], None]:
        """Begin, and give what is to be called when the client leaves.

        ``length`` of the body is ``None`` where it is not known yet. ``on_end`` must
        be called when the application is done, or will never run.
        """
        ...


class WSGIDelegate:
    """Takes one message, and starts the application when enough of it is there."""

    __slots__ = ("_connection", "_leave", "_pipe", "_request", "_server_connection", "_start")

    _request: HTTPServerRequest

    def __init__(self, server_connection: object, connection: HTTPConnection, start: Start) -> None:
        self._server_connection = server_connection
        self._connection = connection
        self._start: Start | None = start
        self._pipe = BodyPipe(asyncio.get_running_loop())
        self._leave: Callable[[], None] = self._pipe.close

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> None:
        """Keep the head, and wait for the body, or for enough of it."""
        self._request = HTTPServerRequest(
            start_line=start_line,  # type: ignore[arg-type]  # a request has no other
            headers=headers,
            connection=self._connection,
            server_connection=self._server_connection,
        )

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Pass on a piece of the body; the client waits while the application does not read."""
        waiting = self._pipe.feed(chunk)
        if self._pipe.size > _COLLECTED_SIZE:
            self._run(None)
        return waiting

    def finish(self) -> None:
        """Pass on the end of the body."""
        self._pipe.end()
        self._run(self._pipe.size)

    def on_connection_close(self) -> None:
        """Tell the application, when it reads or writes next."""
        self._pipe.break_off()
        self._leave()

    def _run(self, length: int | None) -> None:
        start, self._start = self._start, None
        if start is not None:
            body = BufferedReader(self._pipe)
            self._leave = start(self._request, body, length, self._pipe.close)
