"""What all streams share: reading from a buffer, writing to a transport, closing."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import TYPE_CHECKING, Any, Self, cast

from etesian.streams.close_callback import CloseCallback
from etesian.streams.interface import (
    StreamBufferFullError,
    StreamClosedError,
    UnsatisfiableReadError,
)
from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.read_buffer import ReadBuffer
from etesian.streams.read_future import ReadFuture
from etesian.streams.read_plan import (
    ReadBytes,
    ReadInto,
    ReadPlan,
    ReadUntil,
    ReadUntilClose,
    ReadUntilRegex,
)
from etesian.streams.write_side import WriteSide

if TYPE_CHECKING:
    from types import TracebackType
    from collections.abc import Callable

# Bytes. What one read may ask for when its maker says nothing else; documented since the first
# release of the system this one re-creates. Nothing is allocated ahead.
MAX_BUFFER_SIZE = 100 * 1024 * 1024

# Bytes. How much is read ahead of the reads before the peer is made to wait; one chunk, so that
# a burst of small messages costs one system call.
READ_CHUNK_SIZE = 64 * 1024

# Seconds. How long a closed stream goes on sending what was written before. A peer that does not
# read would otherwise hold the connection and the bytes for ever.
LINGER_TIMEOUT = 30.0


class BaseIOStream(asyncio.Protocol):
    """A byte stream over an asyncio transport.

    It is the protocol of its transport: bytes are pushed into a buffer, and a
    read that the buffer already satisfies gives a finished future. At most one
    read may be pending (``AssertionError``); writes may be as many as wanted
    and keep their order. Cancelling a read leaves its bytes for the next one.

    When no read waits and ``read_chunk_size`` bytes are unread, the peer is
    made to wait, so memory stays bounded by that and one chunk of the
    transport (at most 256 KiB); a pending read lifts the bound to
    ``max_buffer_size``. Sizes are in bytes.

    The end of the peer's side closes the stream when all that arrived before
    it has been read; until then answers can still be written.
    """

    # The state an object has until it needs another: idle streams are many and stay small.
    error: BaseException | None = None
    """What closed the stream; ``None`` while open and after an orderly close."""

    max_write_buffer_size: int | None = None
    """The most bytes that may wait to be sent; ``None`` for no bound."""

    _transport: asyncio.Transport | None = None
    _plan: ReadPlan | None = None
    _future: ReadFuture | None = None
    _close_callback: CloseCallback | None = None
    _linger: asyncio.TimerHandle | None = None
    _can_write_after_eof = True
    _reading_paused = False
    _peer_ended = False
    _closed = False
    _lost = False

    def __init__(
        self,
        max_buffer_size: int | None = None,
        read_chunk_size: int | None = None,
        max_write_buffer_size: int | None = None,
    ) -> None:
        self.max_buffer_size = max_buffer_size or MAX_BUFFER_SIZE
        self.read_chunk_size = min(read_chunk_size or READ_CHUNK_SIZE, self.max_buffer_size)
        if max_write_buffer_size is not None:
            self.max_write_buffer_size = max_write_buffer_size
        self._buffer = ReadBuffer()
        self._writer = WriteSide()

    # Reading

    def read_until(self, delimiter: bytes, max_bytes: int | None = None) -> asyncio.Future[bytes]:
        """Give the bytes up to and including ``delimiter``.

        Without it in the first ``max_bytes`` the stream is closed with
        :class:`UnsatisfiableReadError` as its error; when ``max_bytes`` is not
        given, ``max_buffer_size`` bounds the read and the error is
        :class:`StreamBufferFullError`.
        """
        return self._read(ReadUntil(delimiter, max_bytes, self.max_buffer_size))

    def read_until_regex(
        self, regex: bytes | re.Pattern[bytes], max_bytes: int | None = None
    ) -> asyncio.Future[bytes]:
        """Give the bytes up to the end of the first match of ``regex``.

        The limits are those of :meth:`read_until`. The pattern sees what has
        arrived so far: one that could match more with the next byte (a
        trailing ``+``) may end early.
        """
        pattern = re.compile(regex)
        return self._read(ReadUntilRegex(pattern, max_bytes, self.max_buffer_size))

    def read_bytes(self, num_bytes: int, partial: bool = False) -> asyncio.Future[bytes]:
        """Give ``num_bytes`` bytes; with ``partial`` as many as are there, at least one.

        Asking for more than ``max_buffer_size`` without ``partial`` closes the
        stream with :class:`StreamBufferFullError` as its error.
        """
        return self._read(ReadBytes(num_bytes, self.max_buffer_size, partial=partial))

    def read_into(
        self, buf: bytearray | memoryview, partial: bool = False
    ) -> asyncio.Future[int]:
        """Fill ``buf`` and give how many bytes that were: all, or with ``partial`` at least one.

        The memory belongs to the stream until the read ends and must not be
        resized meanwhile. ``max_buffer_size`` does not bound this read.
        """
        return self._read(ReadInto(memoryview(buf).cast("B"), partial=partial))

    def read_until_close(self) -> asyncio.Future[bytes]:
        """Give all bytes until the peer ends its side, at once if it has.

        More than ``max_buffer_size`` of them close the stream with
        :class:`StreamBufferFullError` as its error.
        """
        return self._read(ReadUntilClose(self.max_buffer_size))

    def reading(self) -> bool:
        """Tell whether a read is pending."""
        return self._future is not None and not self._future.done()

    def _read(self, plan: ReadPlan) -> asyncio.Future[Any]:
        """Start the read: finished if the buffer has it, pending otherwise."""
        self._forget_cancelled_read()
        assert self._future is None, "Already reading"  # noqa: S101 - the documented refusal
        result = self._try(plan)
        if result is not None:
            future = running_or_pending_loop().create_future()
            future.set_result(result)
            return future
        if self._closed:
            raise StreamClosedError(real_error=self.error)
        self._plan = plan
        self._future = pending = ReadFuture(running_or_pending_loop(), self._give_back)
        if self._transport is None:
            self._attach()
        elif self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        return pending

    def _try(self, plan: ReadPlan) -> bytes | int | None:
        """Take the result from the buffer, ``None`` for not yet; close when it cannot come."""
        try:
            if not (self._peer_ended or self._closed):
                return plan.take(self._buffer)
            result = plan.take_last(self._buffer)
        except (UnsatisfiableReadError, StreamBufferFullError) as error:
            self._close(error)
            return None
        if result is None or not self._buffer:
            self._close(self.error)
        return result

    def _give_back(self, future: ReadFuture) -> None:
        """Take back the bytes of a satisfied read whose reader was cancelled."""
        result = future.result()
        if isinstance(result, bytes) and self._future is None:
            self._buffer.give_back(result)

    def _forget_cancelled_read(self) -> None:
        if self._future is not None and self._future.cancelled():
            assert self._plan is not None  # noqa: S101 - set together with the future
            self._plan.abandon(self._buffer)
            self._plan = self._future = None

    def data_received(self, data: bytes) -> None:
        """Take what the transport read (asyncio.Protocol)."""
        if self._closed:
            return
        self._buffer.append(data)
        if self._future is not None:
            self._continue_read()
        if (
            self._future is None
            and len(self._buffer) >= self.read_chunk_size
            and self._transport is not None
        ):
            self._reading_paused = True
            self._transport.pause_reading()

    def _continue_read(self) -> None:
        """Finish the pending read if the buffer now has its result."""
        self._forget_cancelled_read()
        plan, future = self._plan, self._future
        if plan is None or future is None:
            return
        result = self._try(plan)
        # Where the plan failed, closing has failed the future too.
        if result is not None:
            self._plan = self._future = None
            future.set_result(result)

    # Writing

    def write(self, data: bytes | bytearray | memoryview) -> asyncio.Future[None]:
        """Queue ``data`` now, and give a future that ends when the queue has drained.

        Up to 64 KiB in the transport count as drained, as they do in the
        kernel's buffer. Not awaiting the future is allowed. ``data`` may be
        changed as soon as this returns.

        Raises :class:`StreamClosedError` when the stream is closed, and
        :class:`StreamBufferFullError`, with nothing queued, when more than
        ``max_write_buffer_size`` bytes would wait.
        """
        if self._closed or self._lost:
            raise StreamClosedError(real_error=self.error)
        writer = self._writer
        writer.send(data, self.max_write_buffer_size)
        if self._transport is None:
            self._attach()
        if not writer.drained:
            return writer.wait_drained(running_or_pending_loop())
        done = running_or_pending_loop().create_future()
        done.set_result(None)
        return done

    def writing(self) -> bool:
        """Tell whether bytes wait to be sent."""
        return self._writer.waiting > 0

    def pause_writing(self) -> None:
        """Stop counting writes as done (asyncio.Protocol)."""
        self._writer.pause()

    def resume_writing(self) -> None:
        """End the writes that waited (asyncio.Protocol)."""
        self._writer.resume()

    # The transport

    def _attach(self) -> None:
        """Begin to open a transport, if this stream makes its own and has not yet."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start on ``transport`` (asyncio.Protocol)."""
        # Those of uvloop do the same and derive from nothing.
        transport = cast("asyncio.Transport", transport)
        self._transport = transport
        # Over TLS the end of one direction ends both.
        self._can_write_after_eof = transport.get_extra_info("ssl_object") is None
        self._writer.attach(transport)
        if self._closed:
            self._end_transport(transport)

    @classmethod
    def from_transport(
        cls, transport: asyncio.Transport, received: bytes = b"", **options: Any
    ) -> Self:
        """Make a stream of a live ``transport``, taking it from its protocol.

        ``received`` are bytes that were read from it and not used; they are
        read first. ``options`` are the sizes of the constructor.
        """
        stream = cls._without_transport(**options)
        transport.set_protocol(stream)
        stream._writer.adopt(transport)  # noqa: SLF001 - of our own class
        stream.connection_made(transport)
        if received:
            stream.data_received(received)
        if not stream._reading_paused and not transport.is_closing():  # noqa: SLF001 - the same
            transport.resume_reading()
        return stream

    @classmethod
    def _without_transport(cls, **options: Any) -> Self:
        return cls(**options)

    def eof_received(self) -> bool:
        """Note the end of the peer's side; true to keep ours open (asyncio.Protocol)."""
        self._peer_ended = True
        if self._future is not None:
            self._continue_read()
        if not self._buffer:
            self._close(self.error)
        return self._can_write_after_eof and not self._closed

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note that nothing goes in or out any more (asyncio.Protocol)."""
        if self.error is None:
            self.error = exc
        self._peer_ended = self._lost = True
        self._transport = None
        if self._linger is not None:
            self._linger.cancel()
        self._writer.fail(self.error)
        if self._future is not None:
            self._continue_read()
        if not self._buffer:
            self._close(self.error)

    # Closing

    def close(
        self,
        exc_info: bool
        | BaseException
        | tuple[type[BaseException] | None, BaseException | None, TracebackType | None] = False,
    ) -> None:
        """Close both directions; what is queued for writing is still sent, for 30 s at most.

        A pending read fails with :class:`StreamClosedError`, except that
        ``read_until_close`` ends with what has arrived. ``exc_info`` tells why: an exception, the triple of ``sys.exc_info()``, or true for
        the exception being handled; it becomes :attr:`error`. Closing twice is
        allowed.
        """
        if exc_info is True:
            exc_info = sys.exc_info()
        if isinstance(exc_info, tuple):
            exc_info = exc_info[1] or False
        if self._future is not None and not exc_info:
            self._peer_ended = True
            self._continue_read()
        self._close(exc_info or None)

    def closed(self) -> bool:
        """Tell whether the stream is closed: by us, or by the peer with all its bytes read."""
        return self._closed

    def set_close_callback(self, callback: Callable[[], object] | None) -> None:
        """Have ``callback`` called once, from the loop, when the stream has closed.

        It is called after the reads that the bytes could satisfy, and at once
        if the stream is closed already. If it gives an awaitable, that is run;
        errors are logged on ``etesian.application``.
        """
        self._close_callback = None if callback is None else CloseCallback(callback)
        if self._close_callback is not None and self._closed:
            self._close_callback.schedule()
        elif self._transport is None:
            self._attach()

    def _close(self, error: BaseException | None) -> None:
        """Close because of ``error``, or in order; bytes that arrived stay readable."""
        if self._closed:
            return
        self._closed = True
        if self.error is None:
            self.error = error
        future, self._future, self._plan = self._future, None, None
        if future is not None and not future.done():
            future.set_exception(StreamClosedError(real_error=self.error))
            # A reader that is gone need not hear of it in the log.
            future.exception()
        if self._transport is None:
            self._abandon()
        else:
            self._end_transport(self._transport)
        if self._close_callback is not None:
            self._close_callback.schedule()

    def _end_transport(self, transport: asyncio.Transport) -> None:
        transport.close()
        if self._writer.waiting and not self._lost:
            loop = asyncio.get_running_loop()
            self._linger = loop.call_later(LINGER_TIMEOUT, transport.abort)

    def _abandon(self) -> None:
        """Give up what was not yet given to a transport."""
        self._writer.fail(self.error)
