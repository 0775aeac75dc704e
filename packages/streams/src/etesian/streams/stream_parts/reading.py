"""What users read."""

from __future__ import annotations

import re
from asyncio import Future, current_task
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
    import asyncio

    from etesian.streams.read_plan import ReadPlan

# Seconds. How long a search that costs too much to be repeated for each arrival is put off: below
# what a person notices, long enough that a thousand searches cost less than a second.
RETRY_DELAY = 0.01


class Reading(StreamState):
    """Reads, and the bytes that arrive for them."""

    # That of the last read that began with nothing there. Who reads lines asks the same again, and
    # to make a plan costs as much as to find a line.
    _until: ReadUntil | None = None

    def read_until(self, delimiter: bytes, max_bytes: int | None = None) -> asyncio.Future[bytes]:
        """Give the bytes up to and including ``delimiter``.

        Without it in the first ``max_bytes`` the stream is closed with
        :class:`UnsatisfiableReadError` as its error; when ``max_bytes`` is not
        given, ``max_buffer_size`` bounds the read and the error is
        :class:`StreamBufferFullError`. An empty ``delimiter`` is a ``ValueError``.
        """
        # The last line does it all. What stands before it is the same for one of many messages in a
        # chunk: the plan, and calls among ourselves, would cost a short one as much as the search.
        reader = self._reader
        if reader.reads_left:
            buffer = reader.buffer
            if not buffer.size:
                return self._wait_until(delimiter, max_bytes)
            data, start = buffer.data, buffer.start
            at = data.find(delimiter, start)
            end = at + len(delimiter)
            size = end - start
            limit = self.max_buffer_size if max_bytes is None else max_bytes
            if at >= 0 and size <= limit and type(data) is bytes and delimiter:
                reader.reads_left -= 1
                buffer.start = end
                buffer.size = unread = buffer.size - size
                if not unread:
                    buffer.clear()
                future: Future[bytes] = Future(loop=self._loop)
                future.set_result(data[start:end])
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
            read.when_cancelled = self._reader.forget_cancelled
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
        if not reader.reads_left and reader.turn_is_over:
            return self._read_next_turn(plan)
        try:
            result = reader.take(plan)
        except (UnsatisfiableReadError, StreamBufferFullError) as error:
            self._close(error)
            raise StreamClosedError(real_error=error) from error
        if result is not None:
            future: Future[Any] = Future(loop=self._loop or running_or_pending_loop())
            future.set_result(result)
            if reader.ended:
                self._close_if_over(end_was_met=plan.meets_end)
            return future
        if reader.ended:
            self._close(self.error)
            raise StreamClosedError(real_error=self.error)
        return self._wait(plan)

    def _wait_until(self, delimiter: bytes, max_bytes: int | None) -> asyncio.Future[bytes]:
        """Start the read where no bytes are there and no other read waits."""
        request = delimiter, max_bytes, self.max_buffer_size
        plan = self._until
        if plan is None or plan.request != request:
            plan = self._until = ReadUntil(*request)
        plan.seen = 0  # It may be that of a read which is over.
        if self._reading_paused or self._transport is None:
            self._want_bytes()
        return self._reader.wait(plan, self._loop or running_or_pending_loop())

    def _wait(self, plan: ReadPlan) -> asyncio.Future[Any]:
        """Have more bytes come for the read."""
        if self._reading_paused or self._transport is None:
            self._want_bytes()
        return self._reader.wait(plan, self._loop or running_or_pending_loop())

    def _read_next_turn(self, plan: ReadPlan) -> asyncio.Future[Any]:
        """Start the read, but look for its result only when others have had their turn."""
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
        read = reader.future
        if read is None or self._waits_its_turn:
            reader.buffer.append(data)
        elif current_task(self._loop) is None and (first := reader.first_of(data)) is not None:
            if first is data:
                deliver(data, read)
                return
            self._hand_over(first, read)
        else:
            reader.buffer.append(data)
            self._advance()
        if reader.buffer.size >= self.read_chunk_size:
            self._stop_reading_ahead()

    def _hand_over(self, result: bytes | int, read: Future[Any]) -> None:
        """Run the reader with ``result``, then send those of its answers that are held."""
        # Not by the loop: to call it costs as much as to read a line.
        writer = self._writer
        writer.flush_is_due = True
        try:
            deliver(result, read)
        finally:
            writer.flush_is_due = False
            if writer.held:
                writer.flush()

    def _stop_reading_ahead(self) -> None:
        wanted = self._reader.pending and not self._waits_its_turn
        if self._transport is not None and not self._closed and not wanted:
            self._reading_paused = True
            self._transport.pause_reading()

    def _advance(self) -> None:
        reader = self._reader
        read = reader.future
        running = read is not None and current_task(read.get_loop())
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
            self._hand_over(result, read)

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
