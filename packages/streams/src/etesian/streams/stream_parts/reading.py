"""What users read."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from etesian.streams.delivery import deliver, is_awaited
from etesian.streams.interface import (
    StreamBufferFullError,
    StreamClosedError,
    UnsatisfiableReadError,
)
from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.read_plan import (
    ReadBytes,
    ReadInto,
    ReadIntoFuture,
    ReadUntil,
    ReadUntilClose,
    ReadUntilRegex,
)
from etesian.streams.stream_parts.state import StreamState

if TYPE_CHECKING:
    from etesian.streams.read_plan import ReadPlan

# Seconds. How long a search that costs too much to be repeated for each arrival is put off: below
# what a person notices, long enough that a thousand searches cost less than a second.
RETRY_DELAY = 0.01

# Reads that are finished at once before one waits a turn of the loop. A peer that sends a chunk of
# the shortest messages would otherwise keep all others waiting for tenths of a second; at this
# number it is about a millisecond, and the turn costs a message in hundreds.
MAX_READS_PER_TURN = 256


class Reading(StreamState):
    """Reads, and the bytes that arrive for them."""

    def read_until(self, delimiter: bytes, max_bytes: int | None = None) -> asyncio.Future[bytes]:
        """Give the bytes up to and including ``delimiter``.

        Without it in the first ``max_bytes`` the stream is closed with
        :class:`UnsatisfiableReadError` as its error; when ``max_bytes`` is not
        given, ``max_buffer_size`` bounds the read and the error is
        :class:`StreamBufferFullError`. An empty ``delimiter`` is a ``ValueError``.
        """
        if not delimiter:
            raise ValueError("a delimiter has one byte at least")
        # The last line does it all. What stands before it is the usual case without the plan.
        reader = self._reader
        if reader.future is None and self._reads_at_once < MAX_READS_PER_TURN and not reader.ended:
            buffer = reader.buffer
            if not buffer.size:
                return self._wait(ReadUntil(delimiter, max_bytes, self.max_buffer_size))
            limit = self.max_buffer_size if max_bytes is None else max_bytes
            found = buffer.take_through(delimiter, limit)
            if found is not None:
                self._reads_at_once += 1
                future: asyncio.Future[bytes] = asyncio.Future(loop=self._loop)
                future.set_result(found)
                return future
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
        stream with :class:`StreamBufferFullError` as its error. A negative
        number is a ``ValueError``.
        """
        return self._read(ReadBytes(num_bytes, self.max_buffer_size, partial=partial))

    def read_into(self, buf: bytearray | memoryview, partial: bool = False) -> asyncio.Future[int]:
        """Fill ``buf`` and give how many bytes that were: all, or with ``partial`` at least one.

        The memory belongs to the stream until the read ends and must not be
        resized meanwhile. ``max_buffer_size`` does not bound this read.
        """
        read = self._read(ReadInto(memoryview(buf).cast("B"), partial=partial))
        if isinstance(read, ReadIntoFuture):
            # The caller has its memory back when the read is cancelled, not when another begins.
            read.when_cancelled = self._reader.claim
        return read

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
        return self._wait(plan)

    def _wait(self, plan: ReadPlan) -> asyncio.Future[Any]:
        """Have more bytes come for the read."""
        self._reads_at_once = 0
        if self._reading_paused or self._transport is None:
            self._want_bytes()
        return self._reader.wait(plan, self._loop or running_or_pending_loop())

    def _read_next_turn(self, plan: ReadPlan) -> asyncio.Future[Any]:
        """Start the read, but look for its result only when others have had their turn."""
        self._reader.claim()
        self._reads_at_once = 0
        self._waits_its_turn = True
        loop = self._loop or running_or_pending_loop()
        loop.call_soon(self._look)
        return self._reader.wait(plan, loop)

    def _look(self) -> None:
        """Finish the read that waited for its turn, or have more bytes come for it."""
        self._waits_its_turn = False
        read = self._reader.future
        if not self._closed:
            self._advance()
        # Not before: what is there may satisfy it, and reading ahead stays bounded.
        if read is not None and read is self._reader.future:
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
        if self._closed:
            return
        reader = self._reader
        if reader.future is not None and not self._waits_its_turn:
            if asyncio.current_task(self._loop) is None:
                read = reader.claimed_by(data)
                if read is not None:
                    deliver(data, read)
                    return
            reader.buffer.append(data)
            self._advance()
        else:
            reader.buffer.append(data)
        buffer = reader.buffer
        if buffer.size >= self.read_chunk_size:
            self._stop_reading_ahead()

    def _stop_reading_ahead(self) -> None:
        wanted = self._reader.pending and not self._waits_its_turn
        if self._transport is not None and not self._closed and not wanted:
            self._reading_paused = True
            self._transport.pause_reading()

    def _advance(self) -> None:
        reader = self._reader
        read = reader.future
        running = read is not None and asyncio.current_task(read.get_loop())
        if running and read is not None and not reader.ended and is_awaited(read):
            # Its task is to run in the moment in which it is given the bytes.
            read.get_loop().call_soon(self._look)
            return
        try:
            result = reader.advance()
        except (UnsatisfiableReadError, StreamBufferFullError) as error:
            self._close(error)
            return
        if reader.ended:
            self._meet_end(result)
        elif result is None and reader.put_off and self._retry is None:
            self._retry = running_or_pending_loop().call_later(RETRY_DELAY, self._insist)
        if result is None or read is None:
            return
        if running:
            read.set_result(result)
        else:
            deliver(result, read)

    def _meet_end(self, result: bytes | int | None) -> None:
        """Close where the end of the bytes says so, or the end of what there was to read."""
        if self._reader.pending:
            self._close(self.error)
        else:
            self._close_if_over(end_was_met=result is not None)

    def _insist(self) -> None:
        """Look at what the pending read has put off."""
        self._retry = None
        if not self._closed:
            self._reader.insist()
            self._advance()
