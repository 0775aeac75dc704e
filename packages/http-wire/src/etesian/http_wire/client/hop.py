"""One request on one connection: a fetch is a hop, and one more for each redirect."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from etesian.http_wire.client.collector import Collector
from etesian.http_wire.client.errors import HTTPProtocolError
from etesian.http_wire.client.outgoing import IDEMPOTENT_METHODS
from etesian.http_wire.client.upload import produce_body
from etesian.http_wire.interface import HTTPInputError, ResponseStartLine

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from etesian.http_wire.client.connection import ClientConnection
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.url import Target
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["Hop", "HopOwner"]

# A body up to this size is copied behind its head, so that both leave in one packet; a larger one
# is not worth the copy.
_JOINED_SIZE = 16 * 1024


class HopOwner(Protocol):
    """The fetch that a hop is part of. Exactly one of the two last calls comes, once."""

    def follows(self, code: int, headers: HTTPHeaders) -> bool:
        """Tell whether the response is a redirect that will be followed."""
        ...

    def hop_ended(self, hop: Hop, connection: ClientConnection | None) -> None:
        """Take the whole response, and the connection if it may be used again."""
        ...

    def hop_failed(self, hop: Hop, error: Exception, *, untouched: bool) -> None:
        """Take the failure; ``untouched`` tells that no octet of a response had come."""
        ...


class Hop:
    """Sends a request and takes its response; ``start`` may be repeated after a failure.

    ``start_line`` and ``headers`` are there from the response's head on, ``body``
    from its end. The body of a redirect that is followed is neither decoded nor
    kept, and read off up to ``policy.max_drain_size`` only.
    """

    body = b""
    start_line = ResponseStartLine("HTTP/1.1", 599, "")
    headers: HTTPHeaders

    first_byte_at: float | None = None
    _connection: ClientConnection | None = None
    _collector: Collector | None = None
    _drained = 0
    _upload: asyncio.Task[None] | None = None
    _body_due = False

    def __init__(
        self,
        owner: HopOwner,
        request: HTTPRequest,
        target: Target,
        policy: WirePolicy,
        head: bytes,
    ) -> None:
        """``head`` is what :func:`~etesian.http_wire.client.outgoing.request_head` gives."""
        self._owner = owner
        self._policy = policy
        self._head = head
        self.request = request
        self.target = target

    @property
    def repeatable(self) -> bool:
        """Whether sending the request twice is as good as once (RFC 9110, 9.2.2)."""
        return self.request.method in IDEMPOTENT_METHODS and self.request.body_producer is None

    def start(self, connection: ClientConnection) -> None:
        """Send the request; the owner hears of the end."""
        self._connection = connection
        request = self.request
        body = request.body or b""
        if not body and request.body_producer is None:
            connection.start(self, request.method, self._head, self._policy, whole=True)
            return
        self._body_due = True
        waits = request.expect_100_continue
        joined = not waits and 0 < len(body) <= _JOINED_SIZE
        if joined:
            self._body_due = False
        connection.start(
            self,
            request.method,
            self._head + body if joined else self._head,
            self._policy,
            whole=not self._body_due,
        )
        if self._body_due and not waits:
            self._send_body(connection)

    def abandon(self) -> None:
        """Drop the exchange and its connection; the owner hears nothing more."""
        connection = self._detached()
        if connection is not None:
            connection.abandon()

    def continue_received(self) -> None:
        """Send the body that waited for this."""
        if self._body_due and self._connection is not None:
            self._send_body(self._connection)

    def headers_received(self, start_line: ResponseStartLine, headers: HTTPHeaders) -> None:
        """Take the head, and decide whether anybody wants the body."""
        self.start_line, self.headers = start_line, headers
        self.first_byte_at = monotonic()
        if not self._owner.follows(start_line.code, headers):
            self._collector = Collector(self.request, start_line, headers, self._policy)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take a piece of the body."""
        if self._connection is None:
            return None  # a callback abandoned the fetch; none is called any more
        if self._collector is not None:
            return self._collector.data_received(chunk)
        self._drained += len(chunk)
        if self._drained > self._policy.max_drain_size and self._connection is not None:
            self.abandon()
            self._owner.hop_ended(self, None)
        return None

    def whole_received(
        self, start_line: ResponseStartLine, headers: HTTPHeaders, body: bytes
    ) -> Awaitable[None] | None:
        """Take all of the response, which most often is to be kept as it is."""
        if start_line.code >= 300 or Collector.is_needed(self.request, headers):
            self.headers_received(start_line, headers)
            return self.data_received(body) if body else None
        self.start_line, self.headers, self.body = start_line, headers, body
        self.first_byte_at = monotonic()
        self._owner.follows(start_line.code, headers)  # which it never does after a 2xx
        return None

    def finished(self, connection: ClientConnection, *, reusable: bool) -> None:
        """Take the end of the response."""
        self._detached()
        if self._collector is not None:
            try:
                self.body = self._collector.body()
            except HTTPInputError as error:
                connection.close()
                self._owner.hop_failed(self, HTTPProtocolError(str(error)), untouched=False)
                return
        if reusable and self.request.asks_to_close:
            connection.close()
            reusable = False
        self._owner.hop_ended(self, connection if reusable else None)

    def failed(self, error: Exception, *, untouched: bool) -> None:
        """Take the failure of the exchange."""
        self._detached()
        self._owner.hop_failed(self, error, untouched=untouched)

    def _detached(self) -> ClientConnection | None:
        """End the upload and give the connection up."""
        if self._collector is not None:
            self._collector.abandon()
        if self._upload is not None:
            upload, self._upload = self._upload, None
            upload.cancel()
        connection, self._connection = self._connection, None
        return connection

    def _send_body(self, connection: ClientConnection) -> None:
        self._body_due = False
        producer = self.request.body_producer
        if producer is None:
            connection.write(self.request.body or b"")
            connection.request_ended()
            return
        length = self.request.headers.get("Content-Length")
        self._upload = asyncio.ensure_future(
            produce_body(connection, producer, None if length is None else int(length))
        )
        self._upload.add_done_callback(self._uploaded)

    def _uploaded(self, upload: asyncio.Task[None]) -> None:
        if upload is not self._upload:
            # What ended the hop cancelled this; an error that it met meanwhile is of no interest.
            if not upload.cancelled():
                upload.exception()
            return
        self._upload = None
        error = asyncio.CancelledError() if upload.cancelled() else upload.exception()
        if error is not None:
            self.abandon()
            if not isinstance(error, Exception):
                error = HTTPProtocolError("the body producer was cancelled")
            self._owner.hop_failed(self, error, untouched=False)
