"""One response of one connection, and what else a handler may ask of the connection."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from etesian.http_wire.interface import HTTPOutputError
from etesian.http_wire.server.context import RequestContext, forwarded_context
from etesian.http_wire.server.drain import CLOSED, DONE
from etesian.http_wire.server.repetition import Answer
from etesian.http_wire.wire.response_writer import Progress, ResponseWriter
from etesian.streams.interface import StreamClosedError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable
    from typing import BinaryIO

    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import ResponseStartLine, TransportProtocol
    from etesian.http_wire.server.intake import Intake
    from etesian.http_wire.server.request_cycle import RequestCycle
    from etesian.http_wire.server.request_head import RequestHead
    from etesian.streams.interface import Stream

# To look up a member of an enumeration costs more than the rest of the line it stands in.
_HEAD = Progress.HEAD
_BODY = Progress.BODY
_DONE = Progress.DONE

# Below this, head and body are joined to one write; above it the copy would cost more than a
# second system call.
_JOIN_LIMIT = 64 * 1024


class Exchange(ResponseWriter):
    """Where the response to one request is written (``SwitchableConnection``).

    It belongs to its request alone: after :meth:`finish` every write raises
    ``HTTPOutputError``, and after the peer has left every awaitable fails with
    ``StreamClosedError`` while nothing is sent.
    """

    _on_drain: Callable[[], None]  # there once somebody asked

    __slots__ = (
        "_connection",
        "_context",
        "_head",
        "_headers",
        "_on_drain",
        "_origin",
        "finished_at",
        "trailers",
    )

    def __init__(self, connection: RequestCycle, head: RequestHead, headers: HTTPHeaders) -> None:
        """``headers`` are those of ``head``, as this request's delegate has them."""
        # The parent's __init__ is written out: a call less for every request.
        self.request_method, _, self.request_version = head.start_line
        self.keep_alive = head.keep_alive
        self.progress = _HEAD
        self._owed = 0
        # None once nothing can be written any more; who was there stays known, for late loggers.
        self._connection: RequestCycle | None = connection
        self._origin = connection
        self._head = head
        self._headers = headers
        self._context: RequestContext | None = None
        # The fields after a chunked request body, kept apart from its headers.
        self.trailers: HTTPHeaders | None = None
        self.finished_at: float | None = None  # by time.monotonic()

    @property
    def context(self) -> RequestContext:
        """The client's address and scheme; proxies are heard where the server trusts them."""
        context = self._context
        if context is None:
            origin = self._origin
            context = origin.context
            if context.is_proxy:
                context = forwarded_context(context, self._headers, origin.settings)
            self._context = context
        return context

    @property
    def ssl_object(self) -> ssl.SSLObject | None:
        """The TLS state of the connection, ``None`` without TLS."""
        found: ssl.SSLObject | None = self._origin.transport.get_extra_info("ssl_object")
        return found

    # Writing

    def write_headers(
        self, start_line: ResponseStartLine, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> Awaitable[None]:
        """Send the head, and ``chunk`` in the same write.

        An interim response (1xx) goes out at once, and the final head may
        follow. Raises ``ValueError``, with nothing sent, where something must
        not stand on the wire, and ``HTTPOutputError`` for a second head or
        where ``chunk`` exceeds the announced length.
        """
        connection = self._connection
        if connection is None:
            return self._nowhere()
        if connection.must_close or connection.expecting:
            self.keep_alive = False
        elif (
            chunk
            and (answer := self._head.answer) is not None
            and self._repeats(answer, start_line, headers, len(chunk))
        ):
            return connection.send(answer.head + chunk)
        data = self.head(start_line, headers)
        if self._head.is_repeated:
            self._keep_answer(start_line, headers, data)
        if chunk:
            try:
                body = self.data(chunk)
            except HTTPOutputError:
                self.abort()
                raise
            if len(body) > _JOIN_LIMIT:
                connection.transport.write(data)
                data = body
            else:
                data += body
        return connection.send(data)

    def _repeats(
        self, answer: Answer, start_line: ResponseStartLine, headers: HTTPHeaders, size: int
    ) -> bool:
        """Tell whether the head of ``answer`` fits; then the whole response is accounted for."""
        if size != answer.length or self.progress is not _HEAD or not self.keep_alive:
            return False
        if not answer.has(start_line, headers):
            return False
        self.progress = _BODY
        self._owed = 0
        return True

    def _keep_answer(
        self, start_line: ResponseStartLine, headers: HTTPHeaders, head: bytes
    ) -> None:
        """Remember ``head``, just written, for the next request that is the same."""
        if 0 < self._owed <= _JOIN_LIMIT and self.keep_alive and self.progress is _BODY:
            self._head.answer = Answer.of(start_line, headers, head, self._owed)

    def write(self, chunk: bytes) -> Awaitable[None]:
        """Send a piece of the body.

        Raises ``HTTPOutputError`` before the head, after the end, and where
        the announced length would be exceeded; the last also cuts the
        connection.
        """
        connection = self._connection
        if connection is None:
            return self._nowhere()
        try:
            data = self.data(chunk)
        except HTTPOutputError:
            if self.progress is _BODY:
                self.abort()
            raise
        return connection.send(data) if data else DONE

    async def send_file(self, file: BinaryIO, offset: int, count: int) -> None:
        """Send ``count`` octets of an open file from ``offset``; where it can, the kernel does.

        It ends when the last octet left our hands; ``file`` must be open until then,
        and its position may move. Nothing else can be written meanwhile
        (``HTTPOutputError``). A file that ends too soon, a cancel and any other
        failure cut the connection. Raises as :meth:`write`, and
        ``StreamClosedError`` where the peer leaves.
        """
        connection = self._connection
        if connection is None:
            await self._nowhere()
            return
        try:
            frame = self.begin_file(count)
        except HTTPOutputError:
            if self.progress is _BODY:
                self.abort()
            raise
        if frame is None:
            return
        try:
            if frame[0]:
                connection.transport.write(frame[0])
            await connection.send_file(file, offset, count)
        except StreamClosedError:
            connection.abort()  # and tell the delegate why
            raise
        except BaseException:
            self.abort()
            raise
        self.end_file()
        if frame[1]:
            connection.transport.write(frame[1])

    def finish(self, trailers: HTTPHeaders | None = None) -> None:
        """End the response, with ``trailers`` where it is chunked.

        Raises ``HTTPOutputError`` when octets of the announced length are
        missing, and cuts the connection: no later response could be told from
        the missing body.
        """
        connection = self._connection
        if connection is None:
            self.progress = _DONE
            return
        if self._owed == 0 and self.progress is _BODY:
            self.progress = _DONE  # as end() would find: the announced octets are there
        else:
            self._end_body(connection, trailers)
        self.finished_at = time.monotonic()
        self._connection = None
        connection.response_finished()

    def _end_body(self, connection: RequestCycle, trailers: HTTPHeaders | None) -> None:
        try:
            data = self.end(trailers)
        except HTTPOutputError:
            self.abort()
            raise
        if data:
            connection.send(data)

    def abort(self) -> None:
        """Cut the connection, so that the peer sees that the response broke off."""
        connection = self._connection
        if connection is not None:
            self._connection = None
            connection.abort_response()

    # Shutting down

    def call_on_drain(self, callback: Callable[[], None]) -> None:
        """Call back when the server begins to shut down; at once where it has begun.

        It replaces an earlier callback, and is called once, unless the response ends before.
        """
        connection = self._connection
        if connection is None:
            return
        if connection.is_draining:
            callback()
        else:
            self._on_drain = callback

    def tell_of_drain(self) -> None:
        """Call back who asked for it."""
        try:
            callback = self._on_drain
        except AttributeError:  # nobody did: the slot costs the others nothing
            return
        del self._on_drain
        callback()

    # Leaving HTTP

    def switch_protocol(self, protocol: TransportProtocol) -> None:
        """Give the transport to ``protocol``, with the bytes read after the head.

        ``connection_made`` is called, then ``data_received`` (or the buffer
        methods) with what was read ahead, all before this returns. A protocol
        that has a method ``begin_drain`` is told when the server shuts down;
        the awaitable that it gives ends when the connection has.
        """
        connection = self._leave_http()
        connection.switch_protocol(protocol)

    def detach(self) -> Stream:
        """Give the connection as a stream, with the bytes read after the head."""
        return self._leave_http().detach()

    def _leave_http(self) -> RequestCycle:
        connection = self._connection
        if connection is None:
            raise HTTPOutputError("the connection is gone")
        self._connection = None
        self.progress = _DONE
        return connection

    # Limits

    def set_max_body_size(self, max_body_size: int) -> None:
        """Override the limit of this request's body, in octets; before the body is read."""
        intake = self._intake()
        if intake is not None:
            intake.max_body_size = max_body_size

    def set_body_timeout(self, timeout: float) -> None:
        """Override how many seconds this request's body may take."""
        intake = self._intake()
        if intake is not None:
            intake.timeout = timeout

    def _intake(self) -> Intake | None:
        return None if self._connection is None else self._connection.intake

    # The connection's side

    def connection_lost(self) -> None:
        """Take the news that nothing can be sent any more."""
        self._connection = None

    def _nowhere(self) -> Awaitable[None]:
        if self.progress is _DONE:
            raise HTTPOutputError("the response has ended")
        return CLOSED
