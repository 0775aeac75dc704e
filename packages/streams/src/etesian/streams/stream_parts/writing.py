"""What users write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.streams.interface import StreamClosedError
from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.stall_timer import StallTimer
from etesian.streams.stream_parts.state import StreamState
from etesian.streams.write_side import HIGH_WATER

if TYPE_CHECKING:
    import asyncio


class Writing(StreamState):
    """Writes, and peers that do not take them."""

    def write(self, data: bytes | bytearray | memoryview) -> asyncio.Future[None]:
        """Queue ``data`` now, and give a future that ends when the queue has drained.

        Up to 64 KiB in the transport count as drained, as they do in the
        kernel's buffer. Not awaiting the future is allowed. ``data`` may be
        changed as soon as this returns. While more of what the peer sent
        waits to be read, answers are sent together: the last at once with
        those before, and any at the next turn of the loop at the latest.

        Raises :class:`StreamClosedError` when the stream is closed, and
        :class:`StreamBufferFullError`, with nothing queued, when more than
        ``max_write_buffer_size`` bytes would wait.
        """
        writer = self._writer
        unanswered = self._reader.buffer.size
        # One more answer to a burst, without a call among ourselves: what stands behind it does the
        # same, and all else. That some are held shows that the stream is open and will flush them.
        if unanswered and writer.held and writer.drained and type(data) is bytes:
            size = writer.held_size + len(data)
            done = self._written
            if size <= HIGH_WATER and done is not None and self.max_write_buffer_size is None:
                writer.held.append(data)
                writer.held_size = size
                return done
        if self._closed or self._lost:
            raise StreamClosedError(real_error=self.error)
        writer.send(data, self.max_write_buffer_size, unanswered)
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
        self._writer.flush()
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
