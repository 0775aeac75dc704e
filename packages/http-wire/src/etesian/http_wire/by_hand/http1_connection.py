"""One HTTP/1.1 conversation over a stream, message by message, for either side."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, TypeVar, cast

from etesian.http_wire.by_hand.parameters import HTTP1ConnectionParameters
from etesian.http_wire.interface import (
    HTTPInputError,
    HTTPOutputError,
    RequestStartLine,
    ResponseStartLine,
)
from etesian.http_wire.wire.body import UnboundedBody, body_of_length
from etesian.http_wire.wire.content_coding import ContentDecoder, decoder_for
from etesian.http_wire.wire.framing import (
    UNTIL_CLOSE,
    request_body_length,
    response_body_length,
)
from etesian.http_wire.wire.grammar import list_members
from etesian.http_wire.wire.head import (
    parse_request_head,
    parse_request_line,
    parse_response_head,
    parse_status_line,
)
from etesian.http_wire.wire.head_finder import HeadFinder
from etesian.http_wire.wire.request_writer import RequestWriter
from etesian.http_wire.wire.response_writer import ResponseWriter
from etesian.streams.interface import StreamClosedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import HTTPMessageDelegate
    from etesian.http_wire.wire.body import Body
    from etesian.streams.interface import Stream

_log = logging.getLogger("etesian.general")

_READ_SIZE: Final = 64 * 1024

_Read = TypeVar("_Read")


class HTTP1Connection:
    """Writes and reads messages on ``stream``, as the client or as the server.

    A client calls :meth:`write_headers`, :meth:`write`, :meth:`finish` and then
    :meth:`read_response`; a server reads first and writes then. One message of
    each direction at a time. ``context`` is the caller's own.
    """

    def __init__(
        self,
        stream: Stream,
        is_client: bool,
        params: HTTP1ConnectionParameters | None = None,
        context: object = None,
    ) -> None:
        self.stream = stream
        self.context = context
        self._is_client = is_client
        self._params = params or HTTP1ConnectionParameters()
        self._policy = self._params.wire_policy
        self._max_body_size = self._policy.max_body_size
        self._body_timeout = self._policy.body_timeout
        self._buffer = bytearray()
        self._writer: RequestWriter | ResponseWriter | None = RequestWriter() if is_client else None
        self._request_method = ""
        self._keep_alive = not self._params.no_keep_alive
        self._detached = False

    # Writing

    def write_headers(
        self,
        start_line: RequestStartLine | ResponseStartLine,
        headers: HTTPHeaders,
        chunk: bytes | None = None,
    ) -> Awaitable[None]:
        """Send the head, and ``chunk`` in the same write.

        Raises ``ValueError``, with nothing sent, where something must not stand
        on the wire, and ``HTTPOutputError`` out of order.
        """
        writer = self._writer
        if isinstance(writer, RequestWriter):
            data = writer.head(cast("RequestStartLine", start_line), headers)
            self._request_method = start_line[0]
        elif writer is not None:
            data = writer.head(cast("ResponseStartLine", start_line), headers)
        else:
            raise HTTPOutputError("no request has been read that could be answered")
        return self.stream.write(data + writer.data(chunk) if chunk else data)

    def write(self, chunk: bytes) -> Awaitable[None]:
        """Send a piece of the body; raises ``HTTPOutputError`` where it is one too many."""
        return self.stream.write(self._due_writer.data(chunk))

    def finish(self) -> None:
        """End the message; raises ``HTTPOutputError`` where octets of it are missing."""
        writer = self._due_writer
        data = writer.end()
        if data:
            self.stream.write(data)
        if isinstance(writer, ResponseWriter):
            self._writer = None
            if not writer.keep_alive:
                self.stream.close()

    @property
    def _due_writer(self) -> RequestWriter | ResponseWriter:
        if self._writer is None:
            raise HTTPOutputError("no request has been read that could be answered")
        return self._writer

    # Reading

    async def read_response(self, delegate: HTTPMessageDelegate) -> bool:
        """Read one message into ``delegate``; tell whether the connection may go on.

        As a client interim responses (1xx) are skipped. A malformed message,
        one beyond a limit or a deadline, and the peer's leaving all close the
        stream and end in ``delegate.on_connection_close``; the first two leave
        one line in the log. Cancelling it leaves the stream in no usable state.
        """
        try:
            kept = await self._read_message(delegate)
        except HTTPInputError as error:
            _log.warning("Refused a message: %s", error)
        except StreamClosedError:
            pass
        else:
            if not kept and not self._detached:
                self.stream.close()
            return kept
        self.stream.close()
        delegate.on_connection_close()
        return False

    async def _read_message(self, delegate: HTTPMessageDelegate) -> bool:
        start_line, headers, length = await _in_time(
            self._policy.header_timeout, "head", self._read_head()
        )
        keep_alive = self._keep_alive and _wants_keep_alive(start_line, headers)
        if isinstance(start_line, RequestStartLine):
            self._writer = ResponseWriter(start_line.method, start_line.version, keep_alive)
        decoder = self._decoder(headers)
        await _finished(delegate.headers_received(start_line, headers))
        if self._detached:
            return False
        await _in_time(self._body_timeout, "body", self._read_body(delegate, length, decoder))
        delegate.finish()
        return keep_alive and length != UNTIL_CLOSE

    async def _read_head(
        self,
    ) -> tuple[RequestStartLine | ResponseStartLine, HTTPHeaders, int]:
        policy = self._policy
        for _ in range(policy.max_informational + 1):
            if not self._is_client:
                line, headers = parse_request_head(await self._next_head(), policy)
                return line, headers, request_body_length(line.version, headers, policy)
            status, headers = parse_response_head(await self._next_head(), policy)
            if status.code >= 200 or status.code == 101:
                length = response_body_length(
                    self._request_method, status.version, status.code, headers, policy
                )
                return status, headers, length
        raise HTTPInputError(f"more than {policy.max_informational} interim responses")

    async def _next_head(self) -> bytes:
        parse_line = parse_status_line if self._is_client else parse_request_line
        finder = HeadFinder(self._policy, parse_line)
        while True:
            ends = finder.find(self._buffer)
            if ends is not None:
                head = bytes(self._buffer[: ends[0]])
                del self._buffer[: ends[1]]
                return head
            self._buffer += await self.stream.read_bytes(_READ_SIZE, partial=True)

    def _decoder(self, headers: HTTPHeaders) -> ContentDecoder | None:
        if not self._params.decompress or "Content-Encoding" not in headers:
            return None
        coding = headers["Content-Encoding"]
        decoder = decoder_for(coding, self._policy)
        if decoder is not None:
            headers["X-Consumed-Content-Encoding"] = coding
            del headers["Content-Encoding"]
        return decoder

    async def _read_body(
        self, delegate: HTTPMessageDelegate, length: int, decoder: ContentDecoder | None
    ) -> None:
        body = body_of_length(length, self._policy, self._max_body_size)
        if decoder is not None and length:
            await self._read_decoded(delegate, body, decoder)
            return
        while data := await self._next_data(body):
            await _finished(delegate.data_received(data))

    async def _read_decoded(
        self, delegate: HTTPMessageDelegate, body: Body, decoder: ContentDecoder
    ) -> None:
        size = 0
        coded = b""
        # What waits in the decoder comes first: it must neither pile up nor wait for more.
        while decoder.pending or (coded := await self._next_data(body)):
            data = decoder.decode(coded, self._policy.chunk_size)
            coded = b""
            size += len(data)
            if size > self._max_body_size:
                raise HTTPInputError(
                    f"decoded body of more than {self._max_body_size} octets",
                    self._policy.body_overflow_status,
                )
            if data:
                await _finished(delegate.data_received(data))
        decoder.end()

    async def _next_data(self, body: Body) -> bytes:
        """Give the next piece of the body as it came; empty at its end."""
        while not body.complete:
            data = body.take(self._buffer, self._policy.chunk_size)
            if data or body.complete:
                return data
            try:
                self._buffer += await self.stream.read_bytes(_READ_SIZE, partial=True)
            except StreamClosedError:
                if not isinstance(body, UnboundedBody):
                    raise
                body.complete = True
        return b""

    # The connection

    def close(self) -> None:
        """Close the stream; what is queued for writing is still sent."""
        self.stream.close()

    def detach(self) -> Stream:
        """Give the stream away; for a delegate's ``headers_received``, before any body.

        Raises ``RuntimeError`` where bytes behind the head have been read: they
        would be lost.
        """
        if self._buffer:
            raise RuntimeError("bytes behind the head have been read already")
        self._detached = True
        return self.stream

    def set_max_body_size(self, max_body_size: int) -> None:
        """Override the limit of the bodies to be read, in octets."""
        self._max_body_size = max_body_size

    def set_body_timeout(self, timeout: float | None) -> None:
        """Override how many seconds a body to be read may take."""
        self._body_timeout = timeout


async def _finished(pending: Awaitable[None] | None) -> None:
    if pending is not None:
        await pending


async def _in_time(
    seconds: float | None, what: str, reading: Coroutine[None, None, _Read]
) -> _Read:
    """Give what reading gives; raises ``HTTPInputError`` where that takes longer."""
    deadline = asyncio.timeout(seconds)
    try:
        async with deadline:
            return await reading
    except TimeoutError:
        if not deadline.expired():  # the delegate's own
            raise
        raise HTTPInputError(f"no whole {what} within {seconds:g} s", 408) from None


def _wants_keep_alive(
    start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
) -> bool:
    options = list_members(headers.get("Connection", "").lower())
    if "close" in options:
        return False
    return start_line.version == "HTTP/1.1" or "keep-alive" in options
