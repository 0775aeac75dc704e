"""One connection to a server, and the exchanges that it carries one after another."""

from __future__ import annotations

import asyncio
import select
import ssl
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Protocol, cast

from etesian.http_wire.client.errors import HTTPProtocolError, HTTPStreamClosedError
from etesian.http_wire.client.response_reader import ResponseReader, ResponseReceiver
from etesian.http_wire.interface import HTTPInputError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from etesian.http_wire.client.remembered_head import RememberedHead
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["ClientConnection", "Exchange"]

# Seconds. Whoever asks again at once, within the call that brings an answer, finds what the loop
# has found just before. What comes within this may as well come right after any look.
_JUST_READ = 0.001


class Exchange(ResponseReceiver, Protocol):
    """One request and response, as far as the connection is concerned.

    Exactly one of the two last calls ends it, and none follows.
    """

    def finished(self, connection: ClientConnection, *, reusable: bool) -> None:
        """Take the end of the response; ``reusable`` gives the connection's ownership too."""
        ...

    def failed(self, error: Exception, *, untouched: bool) -> None:
        """Take the failure; ``untouched`` tells that no octet of a response had come."""
        ...


class ClientConnection(asyncio.Protocol):
    """The client's end of a connection, fed by push.

    Owned by whoever got it last: the dialler, a fetch, or the pool. Bytes that
    come while no exchange is under way were never asked for, and close it: the
    next request would take them for its answer.
    """

    def __init__(self, on_idle_close: Callable[[ClientConnection], None]) -> None:
        """``on_idle_close`` hears that the connection ended while nobody used it."""
        self._on_idle_close = on_idle_close
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._reader: ResponseReader | None = None
        self._request_sent = True
        self._drained: asyncio.Future[None] | None = None
        self._ended = False
        self._cut_off = False
        self._resuming: asyncio.Future[None] | None = None
        self._readable = select.poll()
        self._read_at = -inf
        self._policy: WirePolicy | None = None
        self._last_head: RememberedHead | None = None

    @property
    def transport(self) -> asyncio.Transport:
        """The transport, once there is one."""
        if self._transport is None:
            raise RuntimeError("the connection is not made yet")
        return self._transport

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
        return monotonic() - self._read_at < _JUST_READ or not self._readable.poll(0)

    def start(
        self, exchange: Exchange, method: str, data: bytes, policy: WirePolicy, *, whole: bool
    ) -> None:
        """Send the head of a request and what of its body is at hand.

        Unless ``whole``, more follows by :meth:`write` and :meth:`request_ended`.
        """
        self._exchange = exchange
        last_head = self._last_head if policy is self._policy else None
        self._policy = policy
        self._reader = ResponseReader(method, exchange, policy, last_head)
        self._request_sent = whole
        self._transport.write(data)  # type: ignore[union-attr]  # as is_usable() told

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
        self._read_at = monotonic()
        reader = self._reader
        if reader is None:
            self._ended = True  # also where the transport is not known yet
            self._transport_abort()
            return
        try:
            reader.feed(data)
        except Exception as error:  # noqa: BLE001  # whatever a callback raises ends the exchange
            self._fail(error)
            return
        # What comes by itself nearly always, a call earlier.
        if reader.complete and reader.waiting_for is None and reader is self._reader:
            self._finish(reader)
        else:
            self._after_feeding(reader)

    def eof_received(self) -> None:
        """Take the end of the peer's side, which ends ours too."""
        self._ended = True
        reader = self._reader
        self._cut_off = reader is not None and _is_cut_off(self.transport)
        if reader is not None and reader.waiting_for is None:
            self._end(reader)

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

    def _after_feeding(self, reader: ResponseReader) -> None:
        if reader is not self._reader:
            return  # the exchange was abandoned or detached by what it received
        if reader.waiting_for is not None:
            self._pause(reader, reader.waiting_for)
        elif reader.complete:
            self._finish(reader)
        elif self._ended:
            self._end(reader)

    def _pause(self, reader: ResponseReader, until: Awaitable[None]) -> None:
        """Read nothing until the receiver has dealt with what it got."""
        self.transport.pause_reading()
        self._resuming = asyncio.ensure_future(until)
        self._resuming.add_done_callback(lambda future: self._resume(reader, future))

    def _resume(self, reader: ResponseReader, future: asyncio.Future[None]) -> None:
        if reader is not self._reader:
            return
        try:
            future.result()
            reader.resume()
        except asyncio.CancelledError:
            self._fail(HTTPStreamClosedError("the streaming callback was cancelled"))
            return
        except Exception as failure:  # noqa: BLE001  # as in data_received
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
            self._finish(reader)

    def _finish(self, reader: ResponseReader) -> None:
        exchange = self._exchange
        reusable = (
            reader.may_persist
            and self._request_sent
            and not self._ended
            and self._transport is not None
            and not self._transport.is_closing()
        )
        self._exchange = self._reader = None
        self._last_head = reader.last_head
        if not reusable:
            self._transport_abort()
        if exchange is not None:
            exchange.finished(self, reusable=reusable)

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
            exchange.failed(error, untouched=reader is not None and not reader.started)

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
