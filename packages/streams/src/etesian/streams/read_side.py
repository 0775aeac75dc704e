"""The way into a stream: what arrived, and the one read that may wait for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etesian.streams.interface import StreamClosedError
from etesian.streams.read_buffer import ReadBuffer

if TYPE_CHECKING:
    import asyncio

    from etesian.streams.read_plan import ReadPlan

# Reads that are finished at once before one waits a turn of the loop. A peer that sends a chunk of
# the shortest messages would otherwise keep all others waiting for tenths of a second; at this
# number it is about a millisecond, and the turn costs a message in hundreds.
MAX_READS_PER_TURN = 256


class ReadSide:
    """Brings arriving bytes and one pending read together.

    ``ended`` tells that no more bytes will arrive. ``reads_left`` is how many
    reads may still be finished at once before one waits a turn of the loop; it
    is 0 while a read waits or was cancelled and is not forgotten yet, and after
    the end, so that who finds another number has nothing else to ask.

    What a plan raises, because no later byte could satisfy it, comes out of
    :meth:`take` and :meth:`advance`; the owner then closes the stream and
    calls :meth:`fail`.
    """

    __slots__ = ("_plan", "buffer", "ended", "future", "reads_left")

    def __init__(self) -> None:
        self.buffer = ReadBuffer()
        self.ended = False
        self.reads_left = MAX_READS_PER_TURN
        self._plan: ReadPlan | None = None
        # That of the pending read, or of one that was cancelled and is not forgotten yet.
        self.future: asyncio.Future[Any] | None = None

    @property
    def pending(self) -> bool:
        """Whether a read waits, and its reader still does."""
        return self.future is not None and not self.future.done()

    @property
    def exhausted(self) -> bool:
        """Whether all that will ever arrive has been read."""
        return self.ended and self.buffer.size == 0

    @property
    def put_off(self) -> bool:
        """Whether the pending read has not looked at all there is: see :meth:`insist`."""
        return self._plan is not None and self._plan.postponed

    def insist(self) -> None:
        """Have the pending read look at all there is when it is advanced next."""
        if self._plan is not None:
            self._plan.insist()

    @property
    def turn_is_over(self) -> bool:
        """Whether the next read must wait until others have had their turn."""
        return not self.reads_left and not self.ended and self.future is None

    def end(self) -> None:
        """Note that no more bytes will arrive."""
        self.ended = True
        self.reads_left = 0

    def take(self, plan: ReadPlan) -> bytes | int | None:
        """Give the result of ``plan`` if it is there, else ``None``.

        Raises ``AssertionError`` while another read is pending.
        """
        if self.future is not None:
            self.forget_cancelled()
            assert self.future is None, "Already reading"  # noqa: S101 - the documented refusal
        if self.ended:
            return plan.take_last(self.buffer)
        result = plan.take(self.buffer)
        if result is not None:
            self.reads_left -= 1
        return result

    def wait(self, plan: ReadPlan, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Any]:
        """Give a future for the result of ``plan``, which :meth:`take` did not find."""
        self._plan = plan
        self.reads_left = 0
        future = plan.future_kind(loop=loop)
        self.future = future
        return future

    def first_of(self, data: bytes) -> bytes | None:
        """Give the result of the pending read, which waits no more, if ``data`` begins with it.

        What comes behind it is put into the buffer. That is the usual arrival:
        one message or several, of which the first need not go through the
        buffer. ``None``, with nothing done, for all others: append them, and
        call :meth:`advance`.
        """
        future, plan = self.future, self._plan
        # Whether the bytes have ended need not be asked: no read waits longer.
        if future is None or plan is None or self.buffer.size or future.done():
            return None
        size = plan.size_in(data)
        if not size:
            return None
        self.future = self._plan = None
        self.reads_left = MAX_READS_PER_TURN
        if size == len(data):
            return data
        self.buffer.append(data)
        return self.buffer.take(size)

    def advance(self) -> bytes | int | None:
        """Give the result of the pending read, which then waits no more; ``None`` if it does.

        The caller delivers it: to the future that was pending before.
        """
        future, plan = self.future, self._plan
        if future is None or plan is None:
            return None
        if future.cancelled():
            self.forget_cancelled()
            return None
        result = plan.take_last(self.buffer) if self.ended else plan.take(self.buffer)
        if result is not None:
            self._wait_no_more()
        return result

    def fail(self, error: BaseException | None) -> None:
        """Let no more bytes arrive, and end the pending read because of ``error``."""
        self.end()
        future, self.future, self._plan = self.future, None, None
        if future is not None and not future.done():
            future.set_exception(StreamClosedError(real_error=error))
            # A reader that is gone need not hear of it in the log.
            future.exception()

    def forget_cancelled(self) -> None:
        """Let go of a read that was cancelled; what it had moved elsewhere comes back."""
        if self.future is not None and self.future.cancelled():
            if self._plan is not None:
                self._plan.abandon(self.buffer)
            self._wait_no_more()

    def _wait_no_more(self) -> None:
        self.future = self._plan = None
        self.reads_left = 0 if self.ended else MAX_READS_PER_TURN
