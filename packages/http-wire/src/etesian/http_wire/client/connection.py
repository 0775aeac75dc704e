"""One connection to a server, and the exchanges that it carries one after another."""

from __future__ import annotations

import asyncio
import select
import ssl
from math import inf, nan
from time import monotonic
from typing import TYPE_CHECKING, Protocol, cast

from etesian.http_wire.client.collector import forget_outcome
from etesian.http_wire.client.errors import HTTPProtocolError, HTTPStreamClosedError
from etesian.http_wire.client.response_reader import ResponseReader, ResponseReceiver
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.policy import STRICT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from etesian.http_wire.client.response_head import ResponseHead
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["ClientConnection", "Exchange"]

# Seconds. Whoever asks again at once, within the call that brings an answer, finds what the loop
# has found just before. What comes within this may as well come right after any look.
_JUST_READ = 0.001


class Exchange(ResponseReceiver, Protocol):
    """One request and response, as far as the connection is concerned.

    Exactly one of the two last calls ends it, and none follows.
    """

    def finished(self, connection: ClientConnection | None) -> None:
        """Take the end of the response, and the connection if it may be used again."""
        ...

    def failed(self, error: Exception, *, untouched: bool) -> None:
        """Take the failure; ``untouched`` tells that no octet of a response had come."""
        ...


class ClientConnection(asyncio.Protocol):
    """The client's end of a connection, fed by push.

    Owned by whoever got it last: the dialer, a fetch, or the pool. Bytes that
    come while no exchange is under way were never asked for, and close it: the
    next request would take them for its answer.
    """

    def __init__(self, on_idle_close: Callable[[ClientConnection], None]) -> None:
        """``on_idle_close`` hears that the connection ended while nobody used it."""
        self._on_idle_close = on_idle_close
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._method = ""
        # Made when octets come, unless they are those of the last answer.
        self._reader: ResponseReader | None = None
        self._request_sent = True
        self._drained: asyncio.Future[None] | None = None
        self._ended = False
        self._cut_off = False
        self._resuming: asyncio.Future[None] | None = None
        self._readable = select.poll()
        self.read_at = -inf
        """When octets came last, by the monotonic clock."""
        self.asked_at = nan
        """When the last request was sent, by the same."""
        self.last_took = nan
        """Seconds from the request before that to the last octets of its answer."""
        self._policy = STRICT
        self._last_head: ResponseHead | None = None

    @property
    def transport(self) -> asyncio.Transport:
        """The transport, once there is one."""
        if self._transport is None:
            raise RuntimeError("the connection is not made yet")
        return self._transport

    @property
    def is_exchanging(self) -> bool:
        """Whether an answer is still to come, or the rest of one."""
        return self._exchange is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)
        if self._ended or transport.is_closing():
            self._transport_abort()
            return
        # What leads to a server within the process has none; there is nothing to be found then.
        if (sock := transport.get_extra_info("socket")) is not None:
            self._readable.register(sock.fileno(), select.POLLIN)

    def is_usable(self) -> bool:
        """Tell whether the idle connection is open and silent at this moment.

        One system call finds what the loop has not read yet: the server's end,
        or bytes that nobody asked for. It is spared within a millisecond after
        the loop has read the last of what was there.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        return monotonic() - self.read_at < _JUST_READ or self.is_silent()

    def is_silent(self) -> bool:
        """Tell whether there is nothing that the loop has not read yet."""
        return not self._readable.poll(0)

    def start(self, exchange: Exchange, method: str, data: bytes, policy: WirePolicy) -> None:
        """Send the head of a request and what of its body is at hand."""
        self._exchange = exchange
        self._method = method
        self.last_took = self.read_at - self.asked_at
        self.asked_at = monotonic()
        if policy is not self._policy:
            self._policy = policy
            self._last_head = None
        self._transport.write(data)  # type: ignore[union-attr]  # as is_usable() told

    def more_follows(self) -> None:
        """Take the news that more is sent by :meth:`write`, up to :meth:`request_ended`."""
        self._request_sent = False

    def write(self, data: bytes) -> Awaitable[None]:
        """Send more of the request; the awaitable ends when the transport has room.

        Raises :class:`HTTPStreamClosedError` where the connection is gone.
        """
        if self.transport.is_closing():
            raise HTTPStreamClosedError("connection closed within the request body")
        self.transport.write(data)
        if self._drained is not None:
            return asyncio.shield(self._drained)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def request_ended(self) -> None:
        """Take the news that the whole request is written."""
        self._request_sent = True

    def abandon(self) -> None:
        """Drop the exchange and the connection with it; nobody is called."""
        self._exchange = self._reader = None
        self._stop_waiting()
        self._transport_abort()

    def close(self) -> None:
        """Close an idle connection."""
        self._transport_abort()

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        """Give up the transport after a ``101``, with the bytes read behind its head."""
        transport = self.transport
        leftover = b"" if self._reader is None else self._reader.leftover
        self._exchange = self._reader = self._transport = None
        return transport, leftover

    def data_received(self, data: bytes) -> None:
        """Feed the response under way."""
        self.read_at = monotonic()
        exchange, head = self._exchange, self._last_head
        if exchange is None:
            self._ended = True  # also where the transport is not known yet
            self._transport_abort()
        elif (
            head is not None
            and self._reader is None
            and (body := head.body_in(data, self._method)) is not None
            and exchange.whole_received(head, body)
        ):
            self._finish(head.persistent)
        else:
            self._feed(self._reading(exchange), data)

    def eof_received(self) -> None:
        """Take the end of the peer's side, which ends ours too."""
        self._ended = True
        if self._exchange is not None:
            self._cut_off = _is_cut_off(self.transport)
            reader = self._reading(self._exchange)
            if reader.waiting_for is None:
                self._end(reader)
        else:
            # Over TLS it would take a while to close, and seem to be good for another request.
            self._transport_abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection."""
        self.resume_writing()
        if self._ended and exc is None and self._reader is not None:
            return  # the bytes that wait for their receiver are judged when it takes them
        if self._exchange is not None:
            error = HTTPStreamClosedError(_closed_message(exc))
            error.__cause__ = exc
            self._fail(error)
        else:
            self._on_idle_close(self)

    def pause_writing(self) -> None:
        """Make writers wait."""
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Let writers go on."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _reading(self, exchange: Exchange) -> ResponseReader:
        """Give the reader of the response under way."""
        if self._reader is None:
            self._reader = ResponseReader(self._method, exchange, self._policy, self._last_head)
        return self._reader

    def _feed(self, reader: ResponseReader, data: bytes) -> None:
        try:
            reader.feed(data)
        except Exception as error:  # noqa: BLE001  # whatever a callback raises ends the exchange
            self._fail(error)
        else:
            self._after_feeding(reader)

    def _after_feeding(self, reader: ResponseReader) -> None:
        if reader is not self._reader:
            return  # the exchange was abandoned or detached by what it received
        if reader.waiting_for is not None:
            self._pause(reader, reader.waiting_for)
        elif reader.complete:
            self._last_head = reader.last_head
            self._finish(reader.may_persist)
        elif self._ended:
            self._end(reader)

    def _pause(self, reader: ResponseReader, until: Awaitable[None]) -> None:
        """Read nothing until the receiver has dealt with what it got."""
        self.transport.pause_reading()
        self._resuming = asyncio.ensure_future(until)
        self._resuming.add_done_callback(lambda future: self._resume(reader, future))

    def _resume(self, reader: ResponseReader, future: asyncio.Future[None]) -> None:
        if reader is not self._reader:
            forget_outcome(future)
            return
        try:
            future.result()
            reader.resume()
        except asyncio.CancelledError:
            self._fail(HTTPStreamClosedError("the streaming callback was cancelled"))
            return
        except Exception as failure:  # noqa: BLE001  # as in _feed
            self._fail(failure)
            return
        if reader.waiting_for is None and not self.transport.is_closing():
            self.transport.resume_reading()
        self._after_feeding(reader)

    def _end(self, reader: ResponseReader) -> None:
        try:
            reader.end(cut_off=self._cut_off)
        except HTTPStreamClosedError as error:
            self._fail(error)
        else:
            self._finish(reader.may_persist)

    def _finish(self, may_persist: bool) -> None:
        exchange = self._exchange
        self._exchange = self._reader = None
        # Whether the transport is closing by itself is asked by whoever wants to use it again.
        reusable = may_persist and self._request_sent and not self._ended
        if not reusable:
            self._transport_abort()
        if exchange is not None:
            exchange.finished(self if reusable else None)

    def _fail(self, error: Exception) -> None:
        exchange, reader = self._exchange, self._reader
        self._exchange = self._reader = None
        self._stop_waiting()
        self._transport_abort()
        if isinstance(error, HTTPInputError):
            refusal = HTTPProtocolError(str(error))
            refusal.__cause__ = error
            error = refusal
        if exchange is not None:
            exchange.failed(error, untouched=reader is None or not reader.started)

    def _stop_waiting(self) -> None:
        if self._resuming is not None:
            self._resuming.cancel()
            self._resuming = None

    def _transport_abort(self) -> None:
        # abort() and not close(): there is nothing left that the peer should get, and over TLS a
        # polite close would wait for a peer that may never answer.
        if self._transport is not None:
            self._transport.abort()


def _is_cut_off(transport: asyncio.Transport) -> bool:
    """Tell whether TCP ended and TLS did not: anybody on the way can have brought that about.

    asyncio reports both ends alike, uvloop this one as a loss.
    """
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return False
    try:
        return bool(tls.read(1))
    except ssl.SSLError:  # it would wait for more, as it was told of no end
        return True


def _closed_message(exc: Exception | None) -> str:
    return "connection closed by the server" if exc is None else "connection lost"
