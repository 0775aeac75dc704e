"""The end of a stream."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

from etesian.streams.close_callback import CloseCallback
from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.stream_parts.state import StreamState

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import TracebackType

ExcInfo: TypeAlias = (
    "bool | BaseException"
    " | tuple[type[BaseException] | None, BaseException | None, TracebackType | None]"
)

# Seconds. How long a closed stream goes on sending what was written before. A peer that does not
# read would otherwise hold the connection and the bytes for ever.
LINGER_TIMEOUT = 30.0


class Closing(StreamState):
    """Closing by us, by the peer and by errors, and whom to tell."""

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
            self._reader.end()
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
        may_answer = self._can_write_after_eof and not self._lost and not end_was_met
        if self._reader.exhausted and not (may_answer and self._close_callback is None):
            self._close(self.error)

    def _close(self, error: BaseException | None) -> None:
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
