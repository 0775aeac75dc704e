"""What all streams share: reading from a buffer, writing to a transport, closing."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast

from etesian.streams.close_callback import CloseCallback
from etesian.streams.fd_transport import FdTransport
from etesian.streams.interface import (
    StreamBufferFullError,
    StreamClosedError,
    UnsatisfiableReadError,
)
from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.read_plan import (
    ReadBytes,
    ReadInto,
    ReadUntil,
    ReadUntilClose,
    ReadUntilRegex,
)
from etesian.streams.read_side import ReadSide
from etesian.streams.stall_timer import StallTimer
from etesian.streams.write_side import WriteSide

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from etesian.streams.read_plan import ReadPlan

ExcInfo: TypeAlias = (
    "bool | BaseException"
    " | tuple[type[BaseException] | None, BaseException | None, TracebackType | None]"
)

# Bytes. What one read may ask for when its maker says nothing else; documented since the first
# release of the system this one re-creates. Nothing is allocated ahead.
MAX_BUFFER_SIZE = 100 * 1024 * 1024

# Bytes. How much is read ahead of the reads before the peer is made to wait; one chunk, so that
# a burst of small messages costs one system call.
READ_CHUNK_SIZE = 64 * 1024

# Seconds. How long a search that costs too much to be repeated for each arrival is put off: below
# what a person notices, long enough that a thousand searches cost less than a second.
RETRY_DELAY = 0.01

# Reads that are finished at once before one waits a turn of the loop. A peer that sends a chunk of
# the shortest messages would otherwise keep all others waiting for tenths of a second; at this
# number it is about a millisecond, and the turn costs a message in hundreds.
MAX_READS_PER_TURN = 256

# Seconds. How long a closed stream goes on sending what was written before. A peer that does not
# read would otherwise hold the connection and the bytes for ever.
LINGER_TIMEOUT = 30.0


class BaseIOStream(asyncio.Protocol):
    """A byte stream over an asyncio transport.

    It is the protocol of its transport: bytes are pushed into a buffer, and a
    read that the buffer already satisfies gives a finished future; but one of
    hundreds waits a turn, so that a burst does not hold the loop. At most one
    read may be pending (``AssertionError``); writes may be as many as wanted
    and keep their order. Cancelling a read leaves its bytes for the next one.

    When no read waits and ``read_chunk_size`` bytes are unread, the peer is
    made to wait, so memory stays bounded by that and one chunk of the
    transport (at most 256 KiB); a pending read lifts the bound to
    ``max_buffer_size``. Sizes are in bytes.

    When the peer ends its side, answers can still be written (not over TLS).
    The stream is closed by the next read that finds nothing more, or, where a
    close callback waits for it, as soon as all that arrived has been read.
    """

    # The state an object has until it needs another: idle streams are many and stay small.
    error: BaseException | None = None
    """What closed the stream; ``None`` while open and after an orderly close."""

    max_write_buffer_size: int | None = None
    """The most bytes that may wait to be sent; ``None`` for no bound."""

    write_timeout: float | None = None
    """Seconds after which a peer is given up that takes nothing of what waits; ``None`` for never.

    The error is a ``TimeoutError`` then. It counts while more waits than may count as drained,
    and a peer that takes less than is written takes nothing. :class:`TCPServer` sets it.
    """

    _stall_timer: StallTimer | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _transport: asyncio.Transport | None = None
    _close_callback: CloseCallback | None = None
    _linger: asyncio.TimerHandle | None = None
    _retry: asyncio.TimerHandle | None = None
    _written: asyncio.Future[None] | None = None
    _can_write_after_eof = True
    _reads_at_once = 0
    _reading_paused = False
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
        self._reader = ReadSide()
        self._writer = WriteSide()

    # Reading

    def read_until(self, delimiter: bytes, max_bytes: int | None = None) -> asyncio.Future[bytes]:
        """Give the bytes up to and including ``delimiter``.

        Without it in the first ``max_bytes`` the stream is closed with
        :class:`UnsatisfiableReadError` as its error; when ``max_bytes`` is not
        given, ``max_buffer_size`` bounds the read and the error is
        :class:`StreamBufferFullError`. An empty ``delimiter`` is a ``ValueError``.
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

    def read_into(self, buf: bytearray | memoryview, partial: bool = False) -> asyncio.Future[int]:
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
        return self._reader.pending

    def _read(self, plan: ReadPlan) -> asyncio.Future[Any]:
        """Start the read: finished if the buffer has its result, pending otherwise."""
        reader = self._reader
        if self._reads_at_once >= MAX_READS_PER_TURN and not reader.ended:
            return self._read_next_turn(plan)
        try:
            result = reader.take(plan)
        except (UnsatisfiableReadError, StreamBufferFullError) as error:
            self._close(error)
            raise StreamClosedError(real_error=error) from error
        loop = self._loop or running_or_pending_loop()
        if result is not None:
            self._reads_at_once += 1
            future = loop.create_future()
            future.set_result(result)
            if reader.ended:
                self._close_if_over(end_was_met=plan.meets_end)
            return future
        if reader.ended:
            self._close(self.error)
            raise StreamClosedError(real_error=self.error)
        self._reads_at_once = 0
        self._want_bytes()
        return reader.wait(plan, loop)

    def _read_next_turn(self, plan: ReadPlan) -> asyncio.Future[Any]:
        """Start the read, but look for its result only when others have had their turn."""
        self._reads_at_once = 0
        self._reader.claim()
        loop = self._loop or running_or_pending_loop()
        loop.call_soon(self._look)
        return self._reader.wait(plan, loop)

    def _look(self) -> None:
        """Finish the read that waited for its turn, or have more bytes come for it."""
        if not self._closed:
            self._advance()
        # Not before: what is there may satisfy it, and reading ahead stays bounded.
        if self._reader.pending:
            self._want_bytes()

    def _want_bytes(self) -> None:
        """Have the transport read."""
        if self._transport is None:
            self._attach()
        elif self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Take what the transport read (asyncio.Protocol)."""
        reader = self._reader
        if self._closed:
            return
        buffer = reader.buffer
        buffer.append(data)
        if reader.future is not None:
            self._advance()
        enough = buffer.size >= self.read_chunk_size and not reader.pending
        if enough and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()

    def _advance(self) -> None:
        """Finish the pending read if that is possible now; close if it never will be."""
        reader = self._reader
        end_was_met = reader.ended and reader.pending
        try:
            waiting = reader.advance()
        except (UnsatisfiableReadError, StreamBufferFullError) as error:
            self._close(error)
            return
        if waiting and reader.ended:
            self._close(self.error)
        elif reader.ended:
            self._close_if_over(end_was_met=end_was_met)
        elif waiting and reader.put_off and self._retry is None:
            self._retry = running_or_pending_loop().call_later(RETRY_DELAY, self._insist)

    def _insist(self) -> None:
        """Look at what the pending read has put off."""
        self._retry = None
        if not self._closed:
            self._reader.insist()
            self._advance()

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
        more_comes = self._reader.buffer.size > 0
        writer.send(data, self.max_write_buffer_size, more_comes=more_comes)
        if self._transport is None:
            self._attach()
        if not writer.drained:
            return writer.wait_drained(self._loop or running_or_pending_loop())
        done = self._written
        if done is None:
            done = self._written = (self._loop or running_or_pending_loop()).create_future()
            done.set_result(None)
        return done

    def writing(self) -> bool:
        """Tell whether bytes wait to be sent."""
        return self._writer.waiting > 0

    def pause_writing(self) -> None:
        """Stop counting writes as done (asyncio.Protocol)."""
        self._writer.pause()
        if self.write_timeout is not None and self._stall_timer is None:
            self._stall_timer = StallTimer(
                self.write_timeout, lambda: self._writer.waiting, self._give_up
            )

    def resume_writing(self) -> None:
        """End the writes that waited (asyncio.Protocol)."""
        self._writer.resume()
        if self._writer.drained:
            self._stop_stall_timer()

    def _stop_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _give_up(self) -> None:
        """Close without sending what the peer does not take."""
        self._close(TimeoutError(f"the peer took nothing for {self.write_timeout} s"))
        if self._transport is not None:
            self._transport.abort()

    # A descriptor of its own: what a subclass over something new defines, all without waiting.
    # Streams that get an asyncio transport need none of it.

    _readable = True

    def set_nodelay(self, value: bool) -> None:
        """Do nothing: only a TCP socket collects small writes."""

    def fileno(self) -> int:
        """Give the descriptor, which must be one that can be polled and non-blocking."""
        raise NotImplementedError

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        """Read into ``buf``: how many bytes, 0 at the end, ``None`` when there are none now.

        An ``OSError`` closes the stream.
        """
        raise NotImplementedError

    def write_to_fd(self, data: memoryview) -> int:
        """Write some of ``data``: how many bytes, 0 when none can be taken now.

        An ``OSError`` closes the stream. ``data`` is only lent.
        """
        raise NotImplementedError

    def close_fd(self) -> None:
        """Close the descriptor; called once, when the stream needs it no more."""
        raise NotImplementedError

    def get_fd_error(self) -> Exception | None:
        """Give a better reason than the failed call had, if there is one."""
        return None

    # The transport

    def _attach(self) -> None:
        """Begin to open a transport, unless that has begun."""
        if self._transport is None and not self._closed:
            loop = running_or_pending_loop()
            chunk = self.read_chunk_size
            self.connection_made(
                FdTransport(loop, self, self, chunk_size=chunk, readable=self._readable)
            )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start on ``transport`` (asyncio.Protocol)."""
        # Those of uvloop do the same and derive from nothing.
        transport = cast("asyncio.Transport", transport)
        self._transport = transport
        self._loop = running_or_pending_loop()
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
        self._reader.ended = True
        self._advance()
        return self._can_write_after_eof and not self._closed

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note that nothing goes in or out any more (asyncio.Protocol)."""
        if self.error is None:
            self.error = exc
        self._reader.ended = self._lost = True
        self._transport = None
        self._stop_stall_timer()
        if self._linger is not None:
            self._linger.cancel()
        self._writer.fail(self.error)
        self._advance()

    # Closing

    def close(
        self,
        exc_info: ExcInfo = False,
    ) -> None:
        """Close both directions; what is queued for writing is still sent, for 30 s at most.

        A pending read fails with :class:`StreamClosedError`, except that
        ``read_until_close`` ends with what has arrived. ``exc_info`` tells
        why: an exception, the triple of ``sys.exc_info()``, or true for the
        exception being handled; it becomes :attr:`error`. Closing twice is
        allowed.
        """
        if exc_info is True:
            exc_info = sys.exc_info()
        error = exc_info[1] if isinstance(exc_info, tuple) else exc_info or None
        if error is None:
            self._reader.ended = True
            self._advance()
        self._close(error)

    def closed(self) -> bool:
        """Tell whether the stream is closed: by us, or by the peer as the class describes."""
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
        self._close_if_over(end_was_met=False)

    def _close_if_over(self, *, end_was_met: bool) -> None:
        """Close where all is read, unless the reader may not know of the end and want to answer."""
        may_answer = self._can_write_after_eof and not self._lost and not end_was_met
        if self._reader.exhausted and not (may_answer and self._close_callback is None):
            self._close(self.error)

    def _close(self, error: BaseException | None) -> None:
        """Close because of ``error``, or in order; bytes that arrived stay readable."""
        if self._closed:
            return
        self._closed = True
        if self.error is None:
            self.error = error
        self._reader.fail(self.error)
        if self._transport is None:
            self._abandon()
        else:
            self._end_transport(self._transport)
        if self._close_callback is not None:
            self._close_callback.schedule()

    def _end_transport(self, transport: asyncio.Transport) -> None:
        self._writer.close()
        if self._writer.waiting and not self._lost:
            loop = running_or_pending_loop()
            self._linger = loop.call_later(LINGER_TIMEOUT, transport.abort)

    def _abandon(self) -> None:
        """Give up what was not given to a transport, or what a transport has left."""
        self._writer.fail(self.error)
        if not self._lost:
            self._close_unopened()

    def _close_unopened(self) -> None:
        """Close what no transport was opened on."""
        self.close_fd()
