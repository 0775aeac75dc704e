"""How a connection of the server ends: in order, refused, failed, cut, or given away."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from etesian.http_wire.server.channel import Channel
from etesian.http_wire.server.handover import hand_over
from etesian.http_wire.server.phase import Phase
from etesian.http_wire.server.refusal import refusal
from etesian.http_wire.wire.response_writer import Progress
from etesian.streams.interface import IOStream

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from etesian.http_wire.interface import (
        HTTPInputError,
        HTTPMessageDelegate,
        HTTPServerConnectionDelegate,
        TransportProtocol,
    )
    from etesian.http_wire.server.deadlines import Deadlines
    from etesian.http_wire.server.exchange import Exchange
    from etesian.http_wire.server.intake import Intake
    from etesian.http_wire.server.partial_head import PartialHead
    from etesian.http_wire.server.read_ahead import ReadAhead
    from etesian.http_wire.server.settings import ConnectionSettings
    from etesian.streams.interface import Stream

_log = logging.getLogger("etesian.general")
_delegate_logger = logging.getLogger("etesian.application")

_NOTHING: Final = Phase.NOTHING


class EndableConnection(Channel):
    """A connection with a request in progress or none, and all the ways out of that.

    ``on_end`` is called once, when the connection has closed or left HTTP;
    ``has_left_http`` tells which. After any end nothing more is parsed, ever.
    """

    __slots__ = (
        "_buffer",
        "_delegate",
        "_exchange",
        "_makes",
        "_on_end",
        "_partial_head",
        "_phase",
        "_request_contextvars",
        "expecting",
        "has_left_http",
        "intake",
        "is_draining",
        "must_close",
        "settings",
    )

    # Both are there from connection_made on, and from the first request.
    _buffer: ReadAhead
    _request_contextvars: Context

    def __init__(
        self,
        delegate: HTTPServerConnectionDelegate,
        settings: ConnectionSettings,
        deadlines: Deadlines,
        on_end: Callable[[EndableConnection], None] | None,
    ) -> None:
        super().__init__(settings.policy, deadlines)
        self.settings = settings
        self._makes = delegate
        self._on_end = on_end
        self._phase = Phase.HEAD
        self._exchange: Exchange | None = None
        self._delegate: HTTPMessageDelegate | None = None
        # The body that is still to come or is coming.
        self.intake: Intake | None = None
        self._partial_head: PartialHead | None = None
        # Whether the peer waits to be told to send its body: nobody knows whether that will
        # come, so that a response before it must be the last (RFC 9110, 10.1.1).
        self.expecting = False
        # Whether the next response is the last anyhow.
        self.must_close = settings.no_keep_alive
        # Whether the server is shutting down, which those who answer for long may ask to hear of.
        self.is_draining = False
        # Whether the transport is open still, and somebody else's.
        self.has_left_http = False

    @property
    def waiting_since(self) -> float | None:
        """When the wait for the head of a request began, by the loop; ``None`` for no such wait.

        An octet of the head is a new beginning. In whole milliseconds, so that those of one tick
        are equal, whatever was added and is taken off again here.
        """
        if self._phase is not Phase.HEAD or self._gate is not None:
            return None
        # A slot that the first request fills: before it, and in a head, the time is shorter.
        between = hasattr(self, "_request_contextvars") and not self.has_received
        policy = self._policy
        timeout = policy.idle_timeout if between else policy.header_timeout
        return round(self._deadline - timeout, 3)

    @property
    def has_received(self) -> bool:
        """Whether something of the next request has come."""
        return bool(self._buffer)

    # Asked for by the server, or by an exchange for its handler

    def abort(self) -> None:
        """Cut the connection without sending what waits."""
        if not self.gone:
            self._stop_parsing()
            self.transport.abort()

    def abort_response(self) -> None:
        """Cut the connection for the delegate, which needs not be told of it."""
        self._delegate = None
        self.abort()

    def begin_drain(self) -> None:
        """Make the next response the last, and tell the one in progress."""
        self.must_close = self.is_draining = True
        if self._exchange is not None:
            self._exchange.tell_of_drain()

    def close_when_idle(self) -> None:
        """End after the response in progress; at once where none is."""
        self.must_close = True
        if self._exchange is None:
            self._close()
        else:
            self._exchange.keep_alive = False  # also where its head has not said so

    def close_at_once(self) -> None:
        """Close, with a tick for what is queued: its descriptor is needed, whoever the peer is."""
        self._stop_parsing()
        self.lingering = True
        self._unsent = 0  # no more time for one that takes it slowly, or does not end its TLS
        self._deadline = self._deadlines.after(0)
        self.transport.close()

    def turn_away(self) -> None:
        """Tell a peer that there are too many, and close."""
        self.transport.write(refusal(503))
        self.close_at_once()

    def switch_protocol(self, protocol: TransportProtocol) -> None:
        """Give the transport away, with the bytes that were read ahead."""
        received = self._leave()
        hand_over(self.transport, protocol, received, writing_paused=self._gate is not None)
        super().resume_writing()

    def detach(self) -> Stream:
        """Give the transport away as a stream, with the bytes that were read ahead."""
        stream = IOStream.from_transport(self.transport, received=self._leave())
        super().resume_writing()
        return stream

    # Caused by the peer, or by a fault

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

    def _answer_last(self, code: int) -> None:
        """Send a generic answer where none has begun, and end the connection."""
        exchange = self._exchange
        begun = exchange is not None and exchange.progress is not Progress.HEAD
        finished = exchange is not None and exchange.progress is Progress.DONE
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
        self._buffer.resume()
        self._partial_head = None
        self.intake = None
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
        _tell(self._makes.on_close, self)
        if self._on_end is not None:
            self._on_end(self)

    def _tell_delegate_of_close(self) -> None:
        delegate, self._delegate = self._delegate, None
        if delegate is not None:
            # A copy: the news may come in the call stack of the delegate's own write.
            _tell(self._request_contextvars.copy().run, delegate.on_connection_close)


def _tell(call: Callable[..., object], *args: object) -> None:
    """Call a delegate that is told and not asked: its faults change nothing."""
    try:
        call(*args)
    except Exception:
        _delegate_logger.exception("Error in the delegate of a connection")
