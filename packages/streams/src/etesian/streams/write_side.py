"""The way out of a stream: what is written waits here or in the transport."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.streams.interface import StreamBufferFullError, StreamClosedError

if TYPE_CHECKING:
    import asyncio

# Bytes. A write is counted as done while the transport holds no more than this, as it is
# while the kernel's own send buffer holds it: waiting a turn of the loop for each small write
# would cost more than the write. asyncio's own default.
HIGH_WATER = 64 * 1024


class WriteSide:
    """Passes bytes to a transport in order, and says when they have drained.

    Until the transport is there, the bytes are kept. ``drained`` tells whether
    all that was written may count as sent.
    """

    __slots__ = ("_early", "_early_size", "_transport", "_waiters", "drained")

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        # Lists are made when there is something to put in: idle streams are many.
        self._early: list[bytes | memoryview] | None = None
        self._early_size = 0
        self._waiters: list[asyncio.Future[None]] | None = None
        self.drained = True

    def attach(self, transport: asyncio.WriteTransport) -> None:
        """Send through ``transport`` from now on, first what was written before."""
        # At low water 0, "drained" means that nothing of it is left here.
        transport.set_write_buffer_limits(high=HIGH_WATER, low=0)
        early, self._early, self._early_size = self._early, None, 0
        self._transport = transport
        if early is not None:
            self.drained = True
            # Pauses this side again if that is too much at once.
            transport.writelines(early)
            if self.drained:
                self.resume()

    def adopt(self, transport: asyncio.WriteTransport) -> None:
        """The same for a transport that another protocol used before."""
        # Whether it had told that other protocol to pause cannot be asked for. At high water 0
        # it is paused exactly if anything waits in it, and will tell this side when nothing does.
        self.drained = transport.get_write_buffer_size() == 0
        transport.set_write_buffer_limits(high=0)
        self.attach(transport)

    @property
    def waiting(self) -> int:
        """How many bytes have not been given to the kernel."""
        if self._transport is None:
            return self._early_size
        return self._transport.get_write_buffer_size()

    def send(self, data: bytes | bytearray | memoryview, limit: int | None) -> None:
        """Send ``data`` or queue it.

        Raises :class:`StreamBufferFullError`, with nothing queued, when more
        than ``limit`` bytes would wait.
        """
        # What the caller may change or resize before it is sent must be copied.
        if not isinstance(data, bytes):
            data = _unchanging(data)
        size = len(data)
        if limit is not None and size and self.waiting + size > limit:
            raise StreamBufferFullError(f"{self.waiting} + {size} bytes to write, limit {limit}")
        if self._transport is not None:
            if size:
                self._transport.write(data)
        elif size:
            if self._early is None:
                self._early = []
            self._early.append(data)
            self._early_size += size
            self.drained = False

    def wait_drained(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        """Give a future that ends when what is queued now has drained."""
        waiter = loop.create_future()
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        return waiter

    def pause(self) -> None:
        """Note that the transport holds more than the high water."""
        self.drained = False

    def resume(self) -> None:
        """Note that the transport has drained."""
        self.drained = True
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def fail(self, error: BaseException | None) -> None:
        """Forget what is queued; nothing will be sent any more."""
        self._early, self._early_size = None, 0
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_exception(StreamClosedError(real_error=error))
                # Who wrote without awaiting does not want to hear of it in the log.
                waiter.exception()


def _unchanging(data: bytearray | memoryview) -> bytes | memoryview:
    if isinstance(data, memoryview) and data.readonly and isinstance(data.obj, bytes):
        return data.cast("B") if data.c_contiguous else bytes(data)
    return bytes(data)
