"""The way into a stream: what arrived, and the one read that may wait for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etesian.streams.interface import StreamClosedError
from etesian.streams.read_buffer import ReadBuffer

if TYPE_CHECKING:
    import asyncio

    from etesian.streams.read_plan import ReadPlan


class ReadSide:
    """Brings arriving bytes and one pending read together.

    ``ended`` is set when no more bytes will arrive. What a plan raises, because
    no later byte could satisfy it, comes out of :meth:`take` and
    :meth:`advance`; the owner then closes the stream and calls :meth:`fail`.
    """

    __slots__ = ("_plan", "buffer", "ended", "future")

    def __init__(self) -> None:
        self.buffer = ReadBuffer()
        self.ended = False
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

    def claim(self) -> None:
        """Make room for a read; ``AssertionError`` while another one is pending."""
        self._forget_cancelled()
        assert self.future is None, "Already reading"  # noqa: S101 - the documented refusal

    def take(self, plan: ReadPlan) -> bytes | int | None:
        """Give the result of ``plan`` if it is there, else ``None``.

        Raises ``AssertionError`` while another read is pending.
        """
        if self.future is not None:
            self.claim()
        return plan.take_last(self.buffer) if self.ended else plan.take(self.buffer)

    def wait(self, plan: ReadPlan, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Any]:
        """Give a future for the result of ``plan``, which :meth:`take` did not find."""
        self._plan = plan
        future = plan.future_kind(loop=loop)
        self.future = future
        return future

    def claimed_by(self, data: bytes) -> asyncio.Future[Any] | None:
        """Give the future of the pending read, which waits no more, if ``data`` is its result.

        That is the usual arrival: one message, which need not go through the
        buffer. All others are for :meth:`advance`.
        """
        future, plan = self.future, self._plan
        if future is None or plan is None or self.buffer.size or self.ended:
            return None
        if future.done() or not plan.is_exactly(data):
            return None
        self.future = self._plan = None
        return future

    def advance(self) -> bytes | int | None:
        """Give the result of the pending read, which then waits no more; ``None`` if it does.

        The caller delivers it: to the future that was pending before.
        """
        future, plan = self.future, self._plan
        if future is None or plan is None:
            return None
        if future.cancelled():
            self._forget_cancelled()
            return None
        result = plan.take_last(self.buffer) if self.ended else plan.take(self.buffer)
        if result is not None:
            self.future = self._plan = None
        return result

    def fail(self, error: BaseException | None) -> None:
        """Let no more bytes arrive, and end the pending read because of ``error``."""
        self.ended = True
        future, self.future, self._plan = self.future, None, None
        if future is not None and not future.done():
            future.set_exception(StreamClosedError(real_error=error))
            # A reader that is gone need not hear of it in the log.
            future.exception()

    def _forget_cancelled(self) -> None:
        if self.future is not None and self.future.cancelled():
            if self._plan is not None:
                self._plan.abandon(self.buffer)
            self._plan = self.future = None
