"""The parent's ends of a child's pipes."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from typing import TYPE_CHECKING

from etesian.core_loop.concurrent.waiting import Waiter
from etesian.core_loop.ioloop.loop import IOLoop

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ReadPipe", "WritePipe"]

# Bytes asked of the kernel at once: the capacity of a pipe on Linux.
CHUNK = 65536

# Bytes that `read_until` looks through before it gives up, unless told otherwise.
DEFAULT_MAX_BYTES = 1 << 20


class ReadPipe:
    """The end of a pipe that is read from, on the loop that is current when it is made.

    One read at a time; one begun on a closed pipe raises ValueError. Cancelling a read loses
    nothing: the next one gets those bytes. Nothing is read from the pipe while nobody waits,
    so a child that writes too much is held up by the kernel and not stored here.
    """

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._io_loop = IOLoop.current()
        self._buffer = bytearray()
        self._ended = False
        self._take: Callable[[], bytes | None] | None = None
        self._reading: asyncio.Future[bytes] | None = None

    def fileno(self) -> int:
        """Return the descriptor; -1 when it is closed."""
        return self._fd

    def read_until_close(self) -> asyncio.Future[bytes]:
        """Return a Future of everything up to the end; there is no limit to it."""
        return self._read(lambda: self._cut(len(self._buffer)) if self._ended else None)

    def read_bytes(self, num_bytes: int, partial: bool = False) -> asyncio.Future[bytes]:
        """Return a Future of `num_bytes` bytes; with `partial`, of one to that many.

        Raises `asyncio.IncompleteReadError` when the pipe ends first, ValueError when
        `num_bytes` is negative.
        """
        if num_bytes < 0:
            raise ValueError(f"expected 0 bytes or more to read, got {num_bytes}")

        def take() -> bytes | None:
            size = min(num_bytes, len(self._buffer)) if partial else num_bytes
            enough = size > 0 or num_bytes == 0
            return self._cut(size) if enough and size <= len(self._buffer) else None

        return self._read(take)

    def read_until(
        self, delimiter: bytes, max_bytes: int = DEFAULT_MAX_BYTES
    ) -> asyncio.Future[bytes]:
        """Return a Future of everything up to `delimiter`, and that itself.

        Raises `asyncio.IncompleteReadError` when the pipe ends first, and
        `asyncio.LimitOverrunError` when more than `max_bytes` come before it.
        """
        searched = 0

        def take() -> bytes | None:
            nonlocal searched
            start = max(0, searched - len(delimiter) + 1)
            found = self._buffer.find(delimiter, start)
            searched = len(self._buffer)
            if found >= 0 and found + len(delimiter) <= max_bytes:
                return self._cut(found + len(delimiter))
            if searched > max_bytes:
                message = f"no {delimiter!r} within {max_bytes} bytes"
                raise asyncio.LimitOverrunError(message, searched)
            return None

        return self._read(take)

    def close(self) -> None:
        """Close the pipe; a read that waits is cancelled."""
        if self._fd >= 0:
            self._io_loop.remove_handler(self._fd)
            os.close(self._fd)
            self._fd = -1
        if self._reading is not None:
            self._reading.cancel()

    def _read(self, take: Callable[[], bytes | None]) -> asyncio.Future[bytes]:
        if self._fd < 0:
            raise ValueError("the pipe is closed")
        if self._reading is not None:
            # One that was cancelled in this very iteration waits no more.
            self._forget_cancelled(self._reading)
        if self._take is not None:
            raise RuntimeError("another read is waiting")
        future = Waiter(None, self._put_back, self._io_loop.asyncio_loop)
        self._take, self._reading = take, future
        self._settle()
        if not future.done():
            self._io_loop.add_handler(self._fd, self._on_readable, IOLoop.READ)
            future.add_done_callback(self._forget_cancelled)
        return future

    def _cut(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _put_back(self, taken: bytes) -> None:
        """Get bytes back whose reader was cancelled before it could look at them."""
        self._buffer[:0] = taken

    def _settle(self) -> None:
        """Finish the read that waits, if what is there is enough, or nothing more comes."""
        if self._take is None or self._reading is None or self._reading.done():
            return
        try:
            taken = self._take()
        except asyncio.LimitOverrunError as error:
            self._reading.set_exception(error)
        else:
            if taken is not None:
                self._reading.set_result(taken)
            elif self._ended:
                partial = self._cut(len(self._buffer))
                self._reading.set_exception(asyncio.IncompleteReadError(partial, None))
        if self._reading.done():
            self._take = self._reading = None
            self._io_loop.remove_handler(self._fd)

    def _forget_cancelled(self, future: asyncio.Future[bytes]) -> None:
        if future is self._reading and future.cancelled():
            self._take = self._reading = None
            if self._fd >= 0:
                self._io_loop.remove_handler(self._fd)

    def _on_readable(self, fd: int, _events: int) -> None:
        try:
            received = os.read(fd, CHUNK)
        except BlockingIOError:
            return
        self._ended = not received
        self._buffer += received
        self._settle()


class WritePipe:
    """The end of a pipe that is written to, on the loop that is current when it is made."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._io_loop = IOLoop.current()
        self._unsent: deque[tuple[memoryview, asyncio.Future[None]]] = deque()

    def fileno(self) -> int:
        """Return the descriptor; -1 when it is closed."""
        return self._fd

    def write(self, data: bytes) -> asyncio.Future[None]:
        """Write `data`; return a Future that is done when the kernel has all of it.

        Waiting for it is what keeps memory in bounds. Raises BrokenPipeError when the
        reader is gone, ValueError when the pipe is closed.
        """
        if self._fd < 0:
            raise ValueError("the pipe is closed")
        future: asyncio.Future[None] = self._io_loop.asyncio_loop.create_future()
        if not self._unsent:
            self._io_loop.add_handler(self._fd, self._on_writable, IOLoop.WRITE)
        self._unsent.append((memoryview(data), future))
        self._on_writable(self._fd, IOLoop.WRITE)
        return future

    def close(self) -> None:
        """Close the pipe at once; wait for what was written first to lose nothing."""
        if self._fd < 0:
            return
        self._io_loop.remove_handler(self._fd)
        os.close(self._fd)
        self._fd = -1
        for _, future in self._unsent:
            future.cancel()
        self._unsent.clear()

    def _on_writable(self, fd: int, _events: int) -> None:
        try:
            while self._unsent:
                data, future = self._unsent[0]
                sent = os.write(fd, data)
                if sent < len(data):
                    self._unsent[0] = (data[sent:], future)
                    return
                self._unsent.popleft()
                if not future.done():
                    future.set_result(None)
        except BlockingIOError:
            return
        except OSError as error:
            for _, future in self._unsent:
                if not future.done():
                    future.set_exception(error)
            self._unsent.clear()
        self._io_loop.remove_handler(fd)
