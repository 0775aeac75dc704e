"""What every part of a stream can rely on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from etesian.streams.read_side import ReadSide
from etesian.streams.write_side import WriteSide

if TYPE_CHECKING:
    from etesian.streams.close_callback import CloseCallback
    from etesian.streams.stall_timer import StallTimer

# Bytes. What one read may ask for when its maker says nothing else; documented since the first
# release of the system this one re-creates. Nothing is allocated ahead.
MAX_BUFFER_SIZE = 100 * 1024 * 1024

# Bytes. How much is read ahead of the reads before the peer is made to wait; one chunk, so that
# a burst of small messages costs one system call.
READ_CHUNK_SIZE = 64 * 1024


class StreamState(asyncio.Protocol):
    """The two sides of a stream, its transport, and what the parts ask of each other."""

    # The state an object has until it needs another: idle streams are many and stay small.
    error: BaseException | None = None
    """What closed the stream; ``None`` while open and after an orderly close."""

    max_write_buffer_size: int | None
    """The most bytes that may wait to be sent; ``None`` for no bound."""

    write_timeout: float | None = None
    """Seconds after which a peer is given up that takes nothing of what waits; ``None`` for never.

    The error is a ``TimeoutError`` then. It counts while more waits than may count as drained,
    and a peer that takes less than is written takes nothing. :class:`TCPServer` sets it.
    """

    _stall_timer: StallTimer | None = None
    _close_callback: CloseCallback | None = None
    _linger: asyncio.TimerHandle | None = None
    _retry: asyncio.TimerHandle | None = None
    _can_write_after_eof = True

    def __init__(
        self,
        max_buffer_size: int | None = None,
        read_chunk_size: int | None = None,
        max_write_buffer_size: int | None = None,
    ) -> None:
        self.max_buffer_size = max_buffer_size or MAX_BUFFER_SIZE
        self.read_chunk_size = min(read_chunk_size or READ_CHUNK_SIZE, self.max_buffer_size)
        # What every message asks for: the interpreter finds it faster here than at the class.
        self.max_write_buffer_size = max_write_buffer_size
        self._reader = ReadSide()
        self._writer = WriteSide()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._transport: asyncio.Transport | None = None
        self._written: asyncio.Future[None] | None = None
        self._reading_paused = False
        self._waits_its_turn = False
        self._closed = False
        self._lost = False

    def _attach(self) -> None:
        """Begin to open a transport, unless that has begun."""
        raise NotImplementedError

    def _advance(self) -> None:
        """Finish the pending read if that is possible now; close if it never will be."""
        raise NotImplementedError

    def _close(self, error: BaseException | None) -> None:
        """Close because of ``error``, or in order; bytes that arrived stay readable."""
        raise NotImplementedError

    def _close_if_over(self, *, end_was_met: bool) -> None:
        """Close where all is read, unless the reader may not know of the end and want to answer."""
        raise NotImplementedError

    def _close_unopened(self) -> None:
        """Close what no transport was opened on."""
        raise NotImplementedError
