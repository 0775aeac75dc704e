"""An open WebSocket on an asyncio transport, either side.

Bytes are pushed in, and a message reaches the listener in the call stack of its
arrival. Only a listener that returns an awaitable makes a Task; until that
ends, messages (and the peer's Close, which is in their order) wait in a bounded
inbox, while Pings and Pongs are seen to at once.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol, cast

from etesian.websocket.interface import WebSocketClosedError
from etesian.websocket.keepalive import Keepalive
from etesian.websocket.wire.close_codes import GOING_AWAY, INTERNAL_ERROR, POLICY_VIOLATION
from etesian.websocket.wire.errors import ProtocolError
from etesian.websocket.wire.protocol import Close, Ping, Pong, State
from etesian.websocket.write_gate import WriteGate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable
    from types import TracebackType

    from etesian.websocket.options import ConnectionOptions
    from etesian.websocket.wire.protocol import Event, WireProtocol

__all__ = ["Listener", "WebSocketConnection"]

_application_log = logging.getLogger("etesian.application")
_general_log = logging.getLogger("etesian.general")

# Messages that may wait for a busy listener before reading pauses. What waits is
# bounded in bytes too: by one message of the largest size.
_MAX_INBOX_MESSAGES: Final = 64


class Listener(Protocol):
    """Who is told what arrives. What its methods raise is logged and closes with 1011."""

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Take a message. The next one comes after the awaitable, if any, has ended."""
        ...

    def on_ping(self, data: bytes) -> None:
        """Take a Ping; it is already answered."""
        ...

    def on_pong(self, data: bytes) -> None:
        """Take a Pong."""
        ...

    def on_connection_close(self) -> None:
        """Take the end, once. What waited in the inbox is not delivered any more."""
        ...

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log what one of the other methods raised."""
        ...


class WebSocketConnection(asyncio.Protocol):
    """One side of an open connection. Nothing is delivered before :meth:`start`.

    ``close_code`` and ``close_reason`` are the peer's, ``None`` until its Close
    has arrived and where it gave none.
    """

    def __init__(
        self,
        wire: WireProtocol,
        listener: Listener,
        options: ConnectionOptions,
        *,
        is_client: bool,
    ) -> None:
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self._wire = wire
        self._listener = listener
        self._options = options
        self._is_client = is_client
        self._loop = asyncio.get_running_loop()
        self._gate = WriteGate(self._loop)
        self._transport: asyncio.Transport | None = None
        self._keepalive: Keepalive | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._consumer: asyncio.Task[None] | None = None
        self._inbox: deque[str | bytes | Close] = deque()
        self._inbox_size = 0
        self._unanswered_ping: bytes | None = None
        self._is_reading = False
        self._ended: asyncio.Future[None] | None = None  # there once somebody waits

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport over."""
        # A cast, not isinstance: uvloop's transports do not derive from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        if self._options.ping_interval:
            self._keepalive = Keepalive(
                self,
                self._loop,
                interval=self._options.ping_interval,
                timeout=self._options.effective_ping_timeout,
            )

    def data_received(self, data: bytes) -> None:
        """Take bytes; see to everything that they complete."""
        self._wire.feed(data)
        self._read_events()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end, however it came; tell the listener, once."""
        del exc  # an abrupt end is as ordinary as a clean one; close_code tells them apart
        self._transport = None
        if self._keepalive is not None:
            self._keepalive.stop()
        if self._close_timer is not None:
            self._close_timer.cancel()
        self._inbox.clear()
        self._gate.fail()
        if self._ended is not None:
            self._ended.set_result(None)
        self._tell(self._listener.on_connection_close)

    def pause_writing(self) -> None:
        """Make writers wait: the peer reads slower than we write."""
        self._gate.shut()

    def resume_writing(self) -> None:
        """Let writers go on, after the one Pong that the peer is still owed."""
        self._gate.open()
        data, self._unanswered_ping = self._unanswered_ping, None
        if data is not None:
            self._send_pong(data)

    @property
    def is_closing(self) -> bool:
        """Say whether nothing more can be sent."""
        return self._transport is None or self._wire.state not in (State.OPEN, State.ANSWERING)

    @property
    def is_reading(self) -> bool:
        """Say whether bytes are taken from the socket: not while the listener lags behind."""
        return self._is_reading

    def write_message(self, message: str | bytes) -> asyncio.Future[None]:
        """Send text (``str``) or binary (``bytes``); the future is done when it has drained.

        Raises :class:`WebSocketClosedError` where the connection is closed, and
        where more than ``max_send_queue`` bytes wait already: then the peer
        does not read, and the connection is dropped.
        """
        if self._transport is None:
            raise WebSocketClosedError("the WebSocket is closed")
        return self._write(self._transport, self._wire.message_frame(message))

    def ping(self, data: bytes = b"") -> asyncio.Future[None]:
        """Send a Ping of at most 125 bytes; errors as of ``write_message``."""
        if self._transport is None:
            raise WebSocketClosedError("the WebSocket is closed")
        return self._write(self._transport, self._wire.ping_frame(data))

    @property
    def framing(self) -> Hashable | None:
        """As ``WireProtocol.framing``."""
        return self._wire.framing

    def message_frame(self, message: str | bytes) -> bytes:
        """Give the frame that :meth:`write_message` would send, for :meth:`write_frame`."""
        return self._wire.message_frame(message)

    def write_frame(self, frame: bytes) -> asyncio.Future[None]:
        """Send the frame of a message, made by a connection of equal framing."""
        if self.is_closing or self._transport is None:
            raise WebSocketClosedError("the WebSocket is closed")
        return self._write(self._transport, frame)

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Start the closing handshake; nothing happens where it is under way.

        Raises ``ValueError`` for a code or reason that may not be sent.
        """
        if not self.is_closing and self._transport is not None:
            self._transport.write(self._wire.close_frame(code, reason))
            self._after_close()

    def begin_drain(self) -> Awaitable[None]:
        """Tell the peer that the server goes away (1001); give what ends with the connection.

        That is within ``close_timeout``, whatever the peer does. Cancelling it changes nothing.
        """
        if self._ended is None:
            self._ended = self._loop.create_future()
            if self._transport is None:
                self._ended.set_result(None)
        self.close(GOING_AWAY)
        return asyncio.shield(self._ended)

    def abort(self) -> None:
        """Drop the connection without a word; what waits to be sent is lost."""
        if self._transport is not None:
            self._transport.abort()

    def start(self, opening: Callable[[], Awaitable[None] | None]) -> None:
        """Call ``opening``, and deliver what arrives once its awaitable, if any, has ended.

        An exception out of it closes with 1011, as one of the listener does.
        """
        self._is_reading = True
        self._run(opening)
        self._read_events()

    def pause_reading(self) -> None:
        """Take no more bytes, and deliver nothing of those taken."""
        self._is_reading = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on where reading was paused; after the end nothing more is delivered."""
        if self._is_reading or self._transport is None:
            return
        self._is_reading = True
        if not self._transport.is_closing():
            self._transport.resume_reading()
        self._read_events()

    def set_nodelay(self, value: bool) -> None:
        """Set ``TCP_NODELAY``; on a socket that has none (a Unix one) nothing happens."""
        sock = None if self._transport is None else self._transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(value))

    def _read_events(self) -> None:
        try:
            while self._is_reading and (event := self._wire.next_event()) is not None:
                self._take(event)
        except ProtocolError as error:
            self._fail(error.close_code, str(error))

    def _take(self, event: Event) -> None:
        if isinstance(event, Ping):
            self._answer_ping(event.data)
        elif isinstance(event, Pong):
            if self._keepalive is not None:
                self._keepalive.pong_received()
            self._tell(self._listener.on_pong, event.data)
        elif self._consumer is not None:
            self._enqueue(event)
        else:
            self._deliver(event)

    def _deliver(self, event: str | bytes | Close) -> None:
        if isinstance(event, Close):
            self._answer_close(event)
        elif self._wire.state is not State.CLOSING:
            # Else we said that we are done: what was already on its way is not wanted.
            self._run(self._listener.on_message, event)

    def _run(
        self, callback: Callable[..., Awaitable[None] | None], *arguments: str | bytes
    ) -> None:
        """Call the application; while its awaitable lasts, further events wait."""
        try:
            result = callback(*arguments)
            if isinstance(result, asyncio.Future) and result.done():
                # "return self.write_message(...)": usually there is nothing left to wait for.
                result = result.result()
        except Exception as error:  # noqa: BLE001 - the application's code may raise anything
            self._listener_failed(error)
            return
        if result is not None:
            self._consumer = self._loop.create_task(self._consume(result))

    def _tell(self, callback: Callable[..., None], *arguments: bytes) -> None:
        """Call the application where it does not make us wait."""
        try:
            callback(*arguments)
        except Exception as error:  # noqa: BLE001 - the application's code may raise anything
            self._listener_failed(error)

    def _enqueue(self, event: str | bytes | Close) -> None:
        self._inbox.append(event)
        if not isinstance(event, Close):
            self._inbox_size += len(event)
        if (
            len(self._inbox) >= _MAX_INBOX_MESSAGES
            or self._inbox_size >= self._options.max_message_size
        ):
            self.pause_reading()

    async def _consume(self, awaitable: Awaitable[None]) -> None:
        """See the application's awaitable through, then what came in the meantime."""
        try:
            await awaitable
        except Exception as error:  # noqa: BLE001 - the application's code may raise anything
            self._listener_failed(error)
        finally:
            self._consumer = None
        while self._inbox and self._consumer is None:
            event = self._inbox.popleft()
            if not isinstance(event, Close):
                self._inbox_size -= len(event)
            self._deliver(event)
        if not self._inbox:
            self.resume_reading()

    def _answer_ping(self, data: bytes) -> None:
        # Only the latest Ping needs an answer (5.5.3): a peer that floods us and does not
        # read is owed one Pong, not a queue of them.
        if self._gate.is_shut:
            self._unanswered_ping = data
        else:
            self._send_pong(data)
        self._tell(self._listener.on_ping, data)

    def _send_pong(self, data: bytes) -> None:
        if not self.is_closing and self._transport is not None:
            self._transport.write(self._wire.pong_frame(data))

    def _answer_close(self, event: Close) -> None:
        self.close_code, self.close_reason = event
        if self._transport is None:
            return
        if self._wire.state is State.ANSWERING:
            self._transport.write(self._wire.close_frame(event.code))
        self._after_close()

    def _after_close(self) -> None:
        """Wait for what is due to the state, no longer than ``close_timeout``.

        Once both Closes are exchanged the server ends TCP, the client only waits
        for that: whoever ends it first keeps the port busy for a while (7.1.1).
        """
        if self._keepalive is not None:
            self._keepalive.stop()
        if self._close_timer is None:
            self._close_timer = self._loop.call_later(self._options.close_timeout, self.abort)
        if self._wire.state is State.CLOSED and not self._is_client and self._transport:
            self._transport.close()

    def _listener_failed(self, error: Exception) -> None:
        self._inbox.clear()
        self._inbox_size = 0
        try:
            self._listener.log_exception(type(error), error, error.__traceback__)
        except Exception:  # noqa: BLE001 - it may be overridden
            _application_log.exception("Uncaught exception in log_exception")
        self.close(INTERNAL_ERROR)

    def _write(self, transport: asyncio.Transport, frame: bytes) -> asyncio.Future[None]:
        if self._gate.is_shut:
            self._check_send_queue(transport)
        transport.write(frame)
        return self._gate.passed()

    def _check_send_queue(self, transport: asyncio.Transport) -> None:
        waiting = transport.get_write_buffer_size()
        if waiting > self._options.max_send_queue:
            _general_log.info("WebSocket dropped: the peer leaves %d bytes unread", waiting)
            # There is no room for the frame; what counts is that nothing more is sent or read.
            self._wire.fail_frame(POLICY_VIOLATION, "")
            self.abort()
            raise WebSocketClosedError("the peer does not read; the connection was dropped")

    def _fail(self, code: int, reason: str) -> None:
        transport = self._transport
        peer = None if transport is None else transport.get_extra_info("peername")
        _general_log.warning("WebSocket of %s failed with code %d: %s", peer, code, reason)
        if transport is None:
            return
        transport.write(self._wire.fail_frame(code, reason))
        self._after_close()
        # For a server to close at once with bytes unread would be answered by a reset, which
        # can overtake our Close. So only our half ends here; the peer's bytes are dropped.
        if transport.can_write_eof() and not self._is_client:
            transport.write_eof()
        else:
            transport.close()
