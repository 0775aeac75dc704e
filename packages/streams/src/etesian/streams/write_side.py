"""The way out of a stream: what is written waits here or in the transport."""

from __future__ import annotations

import asyncio
from collections import deque

from etesian.streams.interface import StreamBufferFullError, StreamClosedError

# Bytes. A write is counted as done while the transport holds no more than this, as it is
# while the kernel's own send buffer holds it: waiting a turn of the loop for each small write
# would cost more than the write. asyncio's own default.
HIGH_WATER = 64 * 1024

# Bytes. How much is given to a TLS transport at once. It passes on whatever it has, however much
# the transport below it holds already, and does not tell: so a large write is kept here and given
# in pieces, each when the one before has been passed on.
TLS_PIECE = 64 * 1024


class WriteSide:
    """Passes bytes to a transport in order, and says when they have drained.

    What cannot be passed on yet is queued here: all of it until the transport
    is there, and what would overfill a TLS transport. ``drained`` tells whether
    all that was written may count as sent.

    ``held`` is what waits for more to be sent together with it, ``held_size``
    how many bytes that are. There is something only while the stream is open
    and :meth:`flush` is on its way: the loop will call it, or who has set
    ``flush_is_due``. The fast path of ``write`` adds to both.
    """

    __slots__ = (
        "_closing",
        "_paused",
        "_queue",
        "_queued",
        "_tls",
        "_transport",
        "_waiters",
        "drained",
        "flush_is_due",
        "held",
        "held_size",
    )

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        # Made when there is something to put in: idle streams are many.
        self._queue: deque[bytes | memoryview] | None = None
        self._queued = 0
        self._waiters: list[asyncio.Future[None]] | None = None
        self.held: list[bytes | memoryview] = []
        self.held_size = 0
        self._tls = False
        self._paused = False
        self._closing = False
        self.flush_is_due = False
        self.drained = True

    def attach(self, transport: asyncio.WriteTransport) -> None:
        """Send through ``transport`` from now on, first what was written before."""
        # At low water 0, "drained" means that nothing of it is left here.
        transport.set_write_buffer_limits(high=HIGH_WATER, low=0)
        self._transport = transport
        self._tls = transport.get_extra_info("ssl_object") is not None
        if self._queue and not self._paused:
            self.resume()

    def adopt(self, transport: asyncio.WriteTransport) -> None:
        """The same for a transport that another protocol used before."""
        # Whether it had told that other protocol to pause cannot be asked for. At high water 0
        # it is paused exactly if anything waits in it, and will tell this side when nothing does.
        if transport.get_write_buffer_size():
            self.pause()
        transport.set_write_buffer_limits(high=0)
        self.attach(transport)

    @property
    def waiting(self) -> int:
        """How many bytes have not been given to the kernel."""
        if self._transport is None:
            return self._queued
        return self._queued + self.held_size + self._transport.get_write_buffer_size()

    def send(
        self, data: bytes | bytearray | memoryview, limit: int | None, unanswered: int
    ) -> None:
        """Send ``data`` or queue it.

        While bytes of the peer are ``unanswered``, it may be held: until a
        write when there are none, or the flush that is due, at the loop's next
        turn if not before.

        Raises :class:`StreamBufferFullError`, with nothing queued, when more
        than ``limit`` bytes would wait.
        """
        # What the caller may change or resize before it is sent must be copied.
        if type(data) is not bytes:
            data = _unchanging(data)
        size = len(data)
        if limit is not None and size:
            self._check(size, limit)
        transport = self._transport
        if unanswered and self.drained and transport is not None:
            if not self.held and not self.flush_is_due:
                asyncio.get_running_loop().call_soon(self.flush)
            self.held.append(data)
            self.held_size += size
            if self.held_size > HIGH_WATER:
                self.flush()
        elif self.held:
            self.held.append(data)
            self.flush()
        elif transport is not None and not self._tls:
            if size:
                transport.write(data)
        else:
            self._put(data, size)

    def _check(self, size: int, limit: int) -> None:
        if self.waiting + size > limit:
            # What is held waits for nobody but us.
            self.flush()
        if self.waiting + size > limit:
            raise StreamBufferFullError(f"{self.waiting} + {size} bytes to write, limit {limit}")

    def flush(self) -> None:
        """Send what is held."""
        if self.held:
            data = b"".join(self.held)
            self.held = []
            self.held_size = 0
            self._put(data, len(data))

    def _put(self, data: bytes | memoryview, size: int) -> None:
        transport = self._transport
        if transport is None or (self._tls and (self._paused or size > TLS_PIECE)):
            self._enqueue(data)
        elif size:
            transport.write(data)

    def _enqueue(self, data: bytes | memoryview) -> None:
        if not data:
            return
        if self._queue is None:
            self._queue = deque()
        view = memoryview(data)
        self._queue.extend(view[at : at + TLS_PIECE] for at in range(0, len(view), TLS_PIECE))
        self._queued += len(view)
        self.drained = False
        self._pass_on()

    def _pass_on(self) -> None:
        """Give the transport what is queued, until it has enough."""
        while self._queue and self._transport is not None and not self._paused:
            piece = self._queue.popleft()
            self._queued -= len(piece)
            self._transport.write(piece)
        self.drained = not self._queue and not self._paused

    def wait_drained(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        """Give a future that ends when what is queued now has drained."""
        waiter = loop.create_future()
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        return waiter

    def pause(self) -> None:
        """Note that the transport holds more than the high water."""
        self._paused = True
        self.drained = False

    def resume(self) -> None:
        """Note that the transport has drained."""
        self._paused = False
        self._pass_on()
        if not self.drained:
            return
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)
        if self._closing and self._transport is not None:
            # Not now: asyncio is in the middle of sending, and would end the transport twice.
            asyncio.get_running_loop().call_soon(self._transport.close)

    def close(self) -> None:
        """Close the transport once it has all that is queued."""
        self.flush()
        self._closing = True
        transport = self._transport
        # Closed twice, a TLS transport of asyncio no longer answers what it still has to send.
        if transport is not None and not self._queue and not transport.is_closing():
            transport.close()

    def fail(self, error: BaseException | None) -> None:
        """Forget what is queued; nothing will be sent any more."""
        self._queue, self._queued = None, 0
        self.held, self.held_size = [], 0
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_exception(StreamClosedError(real_error=error))
                # Who wrote without awaiting does not want to hear of it in the log.
                waiter.exception()


def _unchanging(data: bytes | bytearray | memoryview) -> bytes | memoryview:
    if isinstance(data, memoryview) and data.readonly and isinstance(data.obj, bytes):
        return data.cast("B") if data.c_contiguous else bytes(data)
    # A view first: bytes() makes zeros of a number, and something of any list of them.
    return bytes(memoryview(data))
