"""One connection of the server: bytes in, calls of a delegate, bytes out, in one call stack.

The rules of the file:

- one request at a time: the next head is looked at only when the response
  before it has ended, and what arrives meanwhile waits, bounded;
- every step works on the front of one buffer, so that the cut of the bytes
  into packets never shows;
- after a refusal nothing more is parsed, ever;
- :meth:`ServerConnection._advance` is the only place that steps, and it is not
  entered twice: what happens inside a delegate's call only leaves marks.
"""

from __future__ import annotations

import asyncio
import logging
from contextvars import copy_context
from typing import TYPE_CHECKING, Final, cast

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.server.channel import Channel
from etesian.http_wire.server.context import transport_context
from etesian.http_wire.server.drain import DONE
from etesian.http_wire.server.exchange import Exchange
from etesian.http_wire.server.handover import hand_over
from etesian.http_wire.server.intake import Intake
from etesian.http_wire.server.partial_head import PartialHead
from etesian.http_wire.server.phase import Phase
from etesian.http_wire.server.refusal import CONTINUE, refusal
from etesian.http_wire.wire.framing import request_body_length
from etesian.http_wire.wire.grammar import HEAD_END, list_members
from etesian.http_wire.wire.head import parse_request_head
from etesian.http_wire.wire.response_writer import Progress
from etesian.streams.interface import IOStream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextvars import Context

    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import (
        HTTPMessageDelegate,
        HTTPServerConnectionDelegate,
        RequestStartLine,
        TransportProtocol,
    )
    from etesian.http_wire.server.deadlines import Deadlines
    from etesian.http_wire.server.settings import ConnectionSettings
    from etesian.streams.interface import Stream

_log = logging.getLogger("etesian.general")
_delegate_logger = logging.getLogger("etesian.application")

# How long, in seconds, an answer is still sent to a peer that has ended its side.
_HALF_CLOSED_TIME: Final = 10.0

_HEAD: Final = Phase.HEAD
_BODY: Final = Phase.BODY
_RESPONSE: Final = Phase.RESPONSE
_NOTHING: Final = Phase.NOTHING
_FINISHED: Final = Progress.DONE


class ServerConnection(Channel):
    """Serves the requests of one transport, in order.

    ``on_begin`` is called once, when there is a transport: after a TLS handshake that
    fails there never is one. ``on_end`` is called once after that, when the connection
    has closed or left HTTP; ``has_left_http`` tells which.
    """

    __slots__ = (
        "_advancing",
        "_buffer",
        "_contextvars",
        "_delegate",
        "_drained",
        "_exchange",
        "_intake",
        "_makes",
        "_on_begin",
        "_on_end",
        "_partial_head",
        "_phase",
        "_reading_paused",
        "_request_contextvars",
        "_waiting_for",
        "_waiting_since",
        "expecting",
        "has_left_http",
        "must_close",
        "settings",
    )

    # The context that the connection was made in, and the copy in which its request runs.
    _contextvars: Context
    _request_contextvars: Context

    def __init__(
        self,
        delegate: HTTPServerConnectionDelegate,
        settings: ConnectionSettings,
        deadlines: Deadlines,
        on_end: Callable[[ServerConnection], None] | None = None,
        on_begin: Callable[[ServerConnection], None] | None = None,
    ) -> None:
        super().__init__(settings.policy, deadlines)
        self.settings = settings
        self._makes = delegate
        self._on_begin = on_begin
        self._on_end = on_end
        self._phase = _HEAD
        self._buffer = bytearray()
        self._advancing = False
        self._reading_paused = False
        self._drained = 0  # octets of the body read off after its answer
        self._waiting_since = 0.0
        self._exchange: Exchange | None = None
        self._delegate: HTTPMessageDelegate | None = None
        self._intake: Intake | None = None
        self._partial_head: PartialHead | None = None
        self._waiting_for: asyncio.Future[None] | None = None
        # Whether the peer waits to be told to send its body: nobody knows whether that will
        # come, so that a response before it must be the last (RFC 9110, 10.1.1).
        self.expecting = False
        # Whether the next response is the last anyhow.
        self.must_close = settings.no_keep_alive
        # Whether the transport is open still, and somebody else's.
        self.has_left_http = False

    # The transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve (asyncio.Protocol)."""
        self.transport = cast("asyncio.Transport", transport)
        self._loop = asyncio.get_running_loop()
        self._contextvars = copy_context()
        self.context = transport_context(
            transport.get_extra_info("peername"), self.is_tls, self.settings
        )
        self._deadlines.add(self, self._loop)
        self._deadline = self._deadlines.after(self._policy.header_timeout)
        if self._on_begin is not None:
            self._on_begin(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and serve what they complete (asyncio.Protocol)."""
        if self._phase is _HEAD and not self._buffer and self._gate is None:
            policy = self._policy
            end = data.find(HEAD_END, 0, policy.max_header_size + 4)
            # The common case: a whole head, with no empty line before it.
            if end > 0 and data[0] != 13 and not policy.accept_bare_lf:
                if len(data) > end + 4:
                    self._buffer += data[end + 4 :]
                self._advance(data[:end])
                return
        if self.lingering:
            self._linger_on(len(data))
        elif self._phase is not _NOTHING:
            self._buffer += data
            self._advance()

    def eof_received(self) -> bool:
        """Take the end of the peer's side; true while an answer is due (asyncio.Protocol)."""
        self.peer_ended = True
        if self.lingering:
            return False
        self._advance()
        if self._exchange is None or self.gone or self.is_tls:
            return False
        # Most peers that end their side have left for good, and whoever waits on their behalf
        # should know; the few that only ended the request get an answer that comes soon.
        self._deadline = self._deadlines.after(_HALF_CLOSED_TIME)
        if self._phase is _RESPONSE:
            self._tell_delegate_of_close()
        return True

    def resume_writing(self) -> None:
        """Let writers go on, and serve what waited for that (asyncio.Protocol)."""
        super().resume_writing()
        self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever is concerned that the peer has left (asyncio.Protocol)."""
        if not self.gone:
            self._stop_parsing()
            self._fail_writers(exc)
            self._end()

    def check_deadlines(self, now: float) -> None:
        """Cut or answer a peer that takes too long."""
        if self.lingering:
            self._end_lingering(now)
        elif self._gate is not None:
            self._cut_if_stalled(now)
        elif self._phase is _HEAD:
            if now >= self._deadline:
                self._end_waiting_for_head()
        elif self._phase is _RESPONSE:
            if self.peer_ended and now >= self._deadline:
                self.abort()
        elif self._phase is _BODY and self._waiting_for is None:
            intake = self._intake
            if intake is not None and intake.started and intake.is_late(now):
                self._refuse(HTTPInputError("body comes too slowly", 408))

    # The exchange's calls

    def response_finished(self) -> None:
        """Go on to the next request, or end, now that the response is written."""
        if self._phase is _RESPONSE:
            self._end_exchange()
        elif self._phase is _BODY and not self._advancing:
            self._advance()

    def abort(self) -> None:
        """Cut the connection without sending what waits."""
        if not self.gone:
            self._stop_parsing()
            self.transport.abort()

    def abort_response(self) -> None:
        """Cut the connection for the delegate, which needs not be told of it."""
        self._delegate = None
        self.abort()

    def close_when_idle(self) -> None:
        """End after the response in progress; at once where none is."""
        self.must_close = True
        if self._exchange is None:
            self._close()

    def switch_protocol(self, protocol: TransportProtocol) -> None:
        """Give the transport away, with the bytes that were read ahead."""
        received = self._leave()
        hand_over(self.transport, protocol, received, writing_paused=self._gate is not None)
        self._resume_reading()
        super().resume_writing()

    def detach(self) -> Stream:
        """Give the transport away as a stream, with the bytes that were read ahead."""
        stream = IOStream.from_transport(self.transport, received=self._leave())
        super().resume_writing()
        return stream

    def set_max_body_size(self, max_body_size: int) -> None:
        """Set the limit of the body that is about to be read."""
        if self._intake is not None:
            self._intake.max_body_size = max_body_size

    def set_body_timeout(self, timeout: float | None) -> None:
        """Set how many seconds the body that is about to be read may take."""
        if self._intake is not None:
            self._intake.timeout = timeout

    # Steps

    def _advance(self, head: bytes | None = None) -> None:
        """Do all that the buffered bytes and the delegate allow; faults end the connection."""
        if self._advancing:
            return
        self._advancing = True
        try:
            if head is not None:
                self._begin_request(head)
            if self._buffer or self._phase is _BODY or self.peer_ended:
                while self._step():
                    pass
        except HTTPInputError as error:
            self._refuse(error)
        except Exception as error:  # noqa: BLE001  # a delegate may raise anything, and it is logged
            self._fail(error)
        finally:
            self._advancing = False
        if self._buffer or self._reading_paused:
            self._pace_reading()

    def _step(self) -> bool:
        """Take one step; tell whether another may follow."""
        if self._waiting_for is not None:
            return False
        if self._phase is _HEAD:
            return self._gate is None and self._find_head()
        exchange = self._exchange
        return self._phase is _BODY and exchange is not None and self._take_body(exchange)

    def _find_head(self) -> bool:
        if not self._buffer:
            if self.peer_ended:
                self._close()
            return False
        if self._partial_head is None:
            self._partial_head = PartialHead(self._buffer, self._policy)
            self._deadline = self._deadlines.after(self._policy.header_timeout)
        head = self._partial_head.take(last=self.peer_ended)
        if head is None:
            return False
        self._begin_request(head)
        return True

    def _begin_request(self, head: bytes) -> None:
        start_line, headers = parse_request_head(head, self._policy)
        fields = headers._fields
        keep_alive = start_line.version == "HTTP/1.1"
        connection = fields.get("Connection")
        if connection == "keep-alive":  # as browsers and proxies say it
            keep_alive = True
        elif connection is not None:
            options = list_members(headers["Connection"].lower())
            keep_alive = "close" not in options and (keep_alive or "keep-alive" in options)
        if "Content-Length" in fields or "Transfer-Encoding" in fields or "Expect" in fields:
            self._prepare_body(start_line, headers)
        exchange = Exchange(self, headers, start_line.method, start_line.version, keep_alive)
        self._exchange = exchange
        self._partial_head = None
        # What a request sets in context variables must not be seen by the next one.
        self._request_contextvars = self._contextvars.copy()
        self._request_contextvars.run(self._dispatch, start_line, headers, exchange)

    def _dispatch(
        self, start_line: RequestStartLine, headers: HTTPHeaders, exchange: Exchange
    ) -> None:
        delegate = self._delegate = self._makes.start_request(self, exchange)
        self._phase = _BODY
        pending = delegate.headers_received(start_line, headers)
        if pending is not None:
            self._wait_for(pending)
        elif self._intake is None and self._phase is _BODY:
            self._end_request(exchange)

    def _prepare_body(self, start_line: RequestStartLine, headers: HTTPHeaders) -> None:
        length = request_body_length(start_line.version, headers, self._policy)
        if length:
            self._intake = Intake(length, headers, self.settings)
        if "Expect" in headers and start_line.version == "HTTP/1.1":
            if headers["Expect"].lower() != "100-continue":
                raise HTTPInputError("unknown expectation", 417)
            self.expecting = length != 0

    def _take_body(self, exchange: Exchange) -> bool:
        intake = self._intake
        if exchange.progress is _FINISHED and not exchange.keep_alive:
            self._close()
            return False
        if intake is None or intake.complete:
            self._request_contextvars.run(self._end_request, exchange)
            return True
        if not intake.started:
            self._start_body(intake, exchange)
        data = intake.take(self._buffer)
        if data:
            self._deliver(data, exchange)
        elif not intake.complete:
            if self.peer_ended:
                raise HTTPInputError("connection ended in the body")
            return False
        return True

    def _start_body(self, intake: Intake, exchange: Exchange) -> None:
        intake.start(self._deadlines.now)
        if self.expecting:
            self.expecting = False
            if exchange.progress is Progress.HEAD and not self._buffer:
                self.transport.write(CONTINUE)

    def _deliver(self, data: bytes, exchange: Exchange) -> None:
        delegate = self._delegate
        if delegate is None or exchange.progress is _FINISHED:
            # Nobody waits for this any more, but a little of it is cheaper than a new connection.
            self._drained += len(data)
            if self._drained > self._policy.max_drain_size:
                exchange.keep_alive = False
            return
        pending = self._request_contextvars.run(delegate.data_received, data)
        if pending is not None:
            self._wait_for(pending)

    def _end_request(self, exchange: Exchange) -> None:
        self._phase = _RESPONSE
        intake = self._intake
        if intake is not None:
            exchange.trailers = intake.trailers
            self._intake = None
        delegate = self._delegate
        if delegate is not None:
            delegate.finish()
        if self._exchange is exchange and exchange.progress is _FINISHED:
            self._end_exchange()  # it had answered before it was asked

    def _end_exchange(self) -> None:
        exchange = self._exchange
        if exchange is None or self._phase is not _RESPONSE:
            return
        self._exchange = self._delegate = None
        if not exchange.keep_alive:
            self._close()
            return
        self._phase = _HEAD
        self._deadline = self._deadlines.after(self._policy.idle_timeout)
        self._drained = 0
        if not self._advancing and (self._buffer or self.peer_ended):
            # Not in the stack, nor in the context variables, of whoever ended the last response.
            self._loop.call_soon(self._advance, context=self._contextvars)

    # Waiting

    def _wait_for(self, pending: Awaitable[None]) -> None:
        """Take no step until the delegate's awaitable ends."""
        if pending is DONE:
            return
        future = asyncio.ensure_future(pending, loop=self._loop)
        self._waiting_for = future
        self._waiting_since = self._deadlines.now
        future.add_done_callback(self._end_wait, context=self._contextvars)

    def _end_wait(self, future: asyncio.Future[None]) -> None:
        self._waiting_for = None
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if self._phase is _NOTHING:
            return
        if self._intake is not None:
            self._intake.excuse(self._deadlines.now - self._waiting_since)
        if error is None:
            self._advance()
        elif isinstance(error, HTTPInputError):
            self._refuse(error)
        else:
            self._fail(error)

    def _pace_reading(self) -> None:
        """Read on only while what waits is within its bound."""
        if len(self._buffer) <= self._policy.max_pipelined_size:
            self._resume_reading()
        elif not self._reading_paused and self._phase is not _NOTHING:
            self._reading_paused = True
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    def _end_waiting_for_head(self) -> None:
        if self._buffer:
            self._refuse(HTTPInputError("head comes too slowly", 408))
        else:
            self._close()

    # Endings

    def _refuse(self, error: HTTPInputError) -> None:
        """Answer what cannot be served, and parse nothing more."""
        _log.warning("Refused a request from %s: %s", self.context.remote_ip, error)
        if error.status_code == 431 and self._policy.silent_header_overflow:
            self._close()
        else:
            self._answer_last(error.status_code)

    def _fail(self, error: BaseException) -> None:
        """Log what a delegate raised, and end the connection unless the response had ended."""
        _delegate_logger.error("Error in the delegate of a request", exc_info=error)
        if self._exchange is not None:
            self._answer_last(500)
        elif self._buffer:
            self._loop.call_soon(self._advance, context=self._contextvars)

    def _answer_last(self, code: int) -> None:
        """Send a generic answer where none has begun, and end the connection."""
        exchange = self._exchange
        begun = exchange is not None and exchange.progress is not Progress.HEAD
        finished = exchange is not None and exchange.progress is _FINISHED
        if begun and not finished:
            self.abort()
            return
        if not begun and not self.gone:
            self.transport.write(refusal(code))
        self._close()

    def _close(self) -> None:
        """End in order: what is queued is sent, and what still comes in is not looked at."""
        self._stop_parsing()
        self.close_gracefully()

    def _stop_parsing(self) -> None:
        """Leave the request in progress for good."""
        self._phase = _NOTHING
        self._buffer.clear()
        self._partial_head = None
        self._intake = None
        self._resume_reading()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.connection_lost()
        self._tell_delegate_of_close()

    def _leave(self) -> bytes:
        """Stop being the transport's protocol; give what was read and not used."""
        received = bytes(self._buffer)
        self._delegate = None
        self._stop_parsing()
        self.has_left_http = True
        self._end()
        return received

    def _end(self) -> None:
        self.gone = True
        self._deadlines.discard(self)
        self._tell(self._makes.on_close, self)
        if self._on_end is not None:
            self._on_end(self)

    def _tell_delegate_of_close(self) -> None:
        delegate, self._delegate = self._delegate, None
        if delegate is not None:
            # A copy: the news may come in the call stack of the delegate's own write.
            self._tell(self._request_contextvars.copy().run, delegate.on_connection_close)

    def _tell(self, call: Callable[..., object], *args: object) -> None:
        """Call a delegate that is told and not asked: its faults change nothing."""
        try:
            call(*args)
        except Exception:
            _delegate_logger.exception("Error in the delegate of a connection")
