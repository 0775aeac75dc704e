"""One request on one connection: a fetch is a hop, and one more for each redirect."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from etesian.http_wire.client.collector import Collector, forget_outcome
from etesian.http_wire.client.errors import HTTPProtocolError, HTTPStreamClosedError
from etesian.http_wire.client.response_head import ResponseHead
from etesian.http_wire.client.upload import produce_body
from etesian.http_wire.interface import HTTPInputError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from etesian.http_wire.client.connection import ClientConnection
    from etesian.http_wire.client.outgoing import OutgoingRequest
    from etesian.http_wire.client.url import Target
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import ResponseStartLine
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["Hop", "HopOwner"]


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

    ``code``, ``reason`` and ``headers`` are there from the response's head on,
    ``body`` from its end. The body of a redirect that is followed is neither
    decoded nor kept, and read off up to ``policy.max_drain_size`` only.
    """

    # Those without a beginning in __init__ begin with the response's head, or with its end.
    __slots__ = (
        "_body_due",
        "_collector",
        "_connection",
        "_drained",
        "_outgoing",
        "_owner",
        "_policy",
        "_upload",
        "body",
        "code",
        "fields",
        "first_byte_at",
        "reason",
        "request",
    )

    body: bytes
    code: int
    reason: str
    fields: HTTPHeaders | ResponseHead
    """The headers, or what gives them; most who fetch do not ask for them."""
    first_byte_at: float | None

    def __init__(self, owner: HopOwner, outgoing: OutgoingRequest, policy: WirePolicy) -> None:
        self._owner = owner
        self._outgoing = outgoing
        self.request = outgoing.request
        self._policy = policy
        self._connection: ClientConnection | None = None
        self._collector: Collector | None = None
        self._upload: asyncio.Task[None] | None = None

    @property
    def target(self) -> Target:
        """Where the request goes."""
        return self._outgoing.target

    @property
    def headers(self) -> HTTPHeaders:
        """The fields of the response."""
        fields = self.fields
        return fields.headers() if isinstance(fields, ResponseHead) else fields

    @property
    def repeatable(self) -> bool:
        """Whether sending the request twice is as good as once (RFC 9110, 9.2.2)."""
        return self._outgoing.is_repeatable

    def start(self, connection: ClientConnection) -> None:
        """Send the request; the owner hears of the end."""
        self._connection = connection
        outgoing = self._outgoing
        connection.start(self, outgoing.method, outgoing.octets, self._policy)
        if not outgoing.is_whole:
            connection.more_follows()
            self._body_due = True
            if not self.request.expect_100_continue:
                self._send_body(connection)

    def abandon(self) -> None:
        """Drop the exchange and its connection; the owner hears nothing more."""
        connection = self._detached()
        if connection is not None:
            connection.abandon()

    def continue_received(self) -> None:
        """Send the body that waited for this."""
        connection = self._connection
        if connection is not None and not self._outgoing.is_whole and self._body_due:
            self._send_body(connection)

    def headers_received(self, start_line: ResponseStartLine, headers: HTTPHeaders) -> None:
        """Take the head, and decide whether anybody wants the body."""
        _, self.code, self.reason = start_line
        self.fields = headers
        self.body = b""
        self.first_byte_at = monotonic()
        self._drained = 0
        if not self._owner.follows(start_line.code, headers):
            request = self.request
            collector = self._collector = Collector(request, headers, self._policy)
            if request.header_callback is not None:
                collector.announce(request.header_callback, start_line, headers)

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

    def whole_received(self, head: ResponseHead, body: bytes) -> bool:
        """Take all of the response where it is to be kept as it is, as most are."""
        connection = self._connection
        if connection is None or not head.is_plain or self._outgoing.is_observed:
            return False
        self.code = head.code
        self.reason = head.reason
        self.fields = head
        self.body = body
        self.first_byte_at = connection.read_at
        return True

    def finished(self, connection: ClientConnection | None) -> None:
        """Take the end of the response."""
        is_over = self._collector is None and self._upload is None
        if is_over and not self._outgoing.asks_to_close:
            self._connection = None  # all that _detached() would find to do
            self._owner.hop_ended(self, connection)
            return
        collector, used = self._collector, self._detached()
        if collector is not None:
            try:
                self.body = collector.body()
            except HTTPInputError as error:
                if used is not None:
                    used.close()
                self._owner.hop_failed(self, HTTPProtocolError(str(error)), untouched=False)
                return
        if connection is not None and self._outgoing.asks_to_close:
            connection.close()
            connection = None
        self._owner.hop_ended(self, connection)

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
            # A connection that the head has found at its end tells so by itself, later; whoever
            # had begun or admitted the fetch would be hit by what is raised here.
            with suppress(HTTPStreamClosedError):
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
            forget_outcome(upload)
            return
        self._upload = None
        error = asyncio.CancelledError() if upload.cancelled() else upload.exception()
        if error is not None:
            self.abandon()
            if not isinstance(error, Exception):
                error = HTTPProtocolError("the body producer was cancelled")
            self._owner.hop_failed(self, error, untouched=False)
