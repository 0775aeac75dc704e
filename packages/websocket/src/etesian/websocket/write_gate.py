"""Back-pressure for writers: a future per write, done once the transport drains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.websocket.interface import WebSocketClosedError

if TYPE_CHECKING:
    import asyncio

__all__ = ["WriteGate"]


class WriteGate:
    """Open while the transport takes more; shut between its two callbacks.

    Every future is safe to ignore, to await and to cancel.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_shut = False
        self._loop = loop
        self._waiters: list[asyncio.Future[None]] = []
        # One for all writes that need no wait: a finished future cannot be cancelled,
        # and making one per message would cost more than sending a short message.
        self._open: asyncio.Future[None] = loop.create_future()
        self._open.set_result(None)

    def shut(self) -> None:
        """Make the next writers wait."""
        self.is_shut = True

    def open(self) -> None:
        """Let all writers go on."""
        self.is_shut = False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def fail(self) -> None:
        """Tell those who wait that it will not be sent: :class:`WebSocketClosedError`."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(WebSocketClosedError("closed before the message was sent"))
                waiter.exception()  # asked for here, so that ignoring the future logs nothing

    def passed(self) -> asyncio.Future[None]:
        """Give the future of a write that was just made."""
        if not self.is_shut:
            return self._open
        # Not one for all who wait: cancelling one writer must not cancel the others.
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiters.append(waiter)
        return waiter
