"""Streams over pipes."""

from __future__ import annotations

import fcntl
import os

from etesian.streams.base_iostream import BaseIOStream


class PipeIOStream(BaseIOStream):
    """A stream over one end of a pipe: the other direction does not exist.

    ``fd`` is the descriptor's number, which belongs to the stream from now on
    and is made non-blocking. FIFOs and terminals work too.
    """

    def __init__(
        self,
        fd: int,
        max_buffer_size: int | None = None,
        read_chunk_size: int | None = None,
        max_write_buffer_size: int | None = None,
    ) -> None:
        super().__init__(max_buffer_size, read_chunk_size, max_write_buffer_size)
        os.set_blocking(fd, False)
        self._fd = fd
        # Polling the writing end for input would only ever find an error.
        self._readable = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_WRONLY

    def fileno(self) -> int:
        """Give the descriptor, -1 when it is closed."""
        return self._fd

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        """Read into ``buf``: how many bytes, 0 at the end, ``None`` when there are none now."""
        try:
            return os.readv(self._fd, [buf])
        except BlockingIOError:
            return None

    def write_to_fd(self, data: memoryview) -> int:
        """Write some of ``data``: how many bytes, 0 when the pipe is full."""
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0

    def close_fd(self) -> None:
        """Close the descriptor."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
