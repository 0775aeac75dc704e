"""What all streams share: reading from a buffer, writing to a transport, closing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from etesian.streams.fd_transport import FdTransport
from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.stream_parts.closing import Closing
from etesian.streams.stream_parts.descriptor import DescriptorHooks
from etesian.streams.stream_parts.reading import Reading
from etesian.streams.stream_parts.writing import Writing

if TYPE_CHECKING:
    import asyncio


class BaseIOStream(Reading, Writing, Closing, DescriptorHooks):
    """A byte stream over an asyncio transport.

    It is the protocol of its transport: bytes are pushed into a buffer, and a
    read that the buffer already satisfies gives a finished future; but one of
    hundreds waits a turn, so that a burst does not hold the loop. A task that
    awaits a read goes on in the call stack in which its bytes arrive. At most
    one read may be pending (``AssertionError``); writes may be as many as wanted
    and keep their order. Cancelling a read leaves its bytes for the next one.

    When no read waits and ``read_chunk_size`` bytes are unread, the peer is
    made to wait, so memory stays bounded by that and one chunk of the
    transport (at most 256 KiB); a pending read lifts the bound to
    ``max_buffer_size``. Sizes are in bytes.

    When the peer ends its side, answers can still be written (not over TLS).
    The stream is closed by the next read that finds nothing more, or, where a
    close callback waits for it, as soon as all that arrived has been read.
    """

    def _attach(self) -> None:
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
        self._reader.end()
        self._advance()
        return self._can_write_after_eof and not self._closed

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note that nothing goes in or out any more (asyncio.Protocol)."""
        if self.error is None:
            self.error = exc
        self._reader.end()
        self._lost = True
        self._transport = None
        self._stop_stall_timer()
        if self._linger is not None:
            self._linger.cancel()
        self._writer.fail(self.error)
        self._advance()

    def _close_unopened(self) -> None:
        self.close_fd()
