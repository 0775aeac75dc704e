"""A part of a file on its way into a socket, by the kernel (``sendfile``)."""

from __future__ import annotations

import errno
import os
from io import FileIO
from typing import TYPE_CHECKING, BinaryIO, Final

from etesian.http_wire.interface import HTTPOutputError

if TYPE_CHECKING:
    import asyncio

__all__ = ["FileSender", "SendfileUnavailableError", "can_send"]

# Octets that one turn of the loop sends at most: a fast peer must not keep the others waiting
# while a disk is read.
_MAX_AT_ONCE: Final = 512 * 1024
# What systems say of files and sockets between which the kernel copies nothing.
_UNAVAILABLE: Final = frozenset(
    (errno.EINVAL, errno.ENOSYS, errno.ENOTSOCK, errno.EOPNOTSUPP, errno.EOVERFLOW)
)


class SendfileUnavailableError(Exception):
    """The kernel cannot copy from this file to this socket; nothing was sent."""


def can_send(file: BinaryIO, transport: asyncio.Transport) -> bool:
    """Say whether the octets of ``file`` are those that the system has, and go out as they are.

    Of a compressed file the system has others, and of one in memory none.
    """
    return (
        hasattr(os, "sendfile")
        and isinstance(getattr(file, "raw", file), FileIO)
        and transport.get_extra_info("socket") is not None
        and transport.get_extra_info("ssl_object") is None
    )


class FileSender:
    """Sends ``left`` octets of ``file`` from ``offset``, whenever the socket takes some.

    The transport must have nothing to send. :attr:`done` ends when the kernel has
    all octets. It fails with ``HTTPOutputError`` where the file ends before, with
    :class:`SendfileUnavailableError`, with ``OSError`` where the peer has left, and
    with what :meth:`fail` is given. :meth:`close` must be called in any case.
    """

    __slots__ = ("_file", "_loop", "_offset", "_socket", "_started", "done", "left")

    def __init__(
        self,
        transport: asyncio.Transport,
        file: BinaryIO,
        offset: int,
        count: int,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        # A number of our own: loops let nobody else watch the socket of a transport, and that
        # number may be another connection's as soon as the transport has closed.
        self._socket = os.dup(transport.get_extra_info("socket").fileno())
        self._file = file.fileno()
        self._offset = offset
        self.left = count
        self._started = False
        self._loop = loop
        self.done: asyncio.Future[None] = loop.create_future()
        loop.add_writer(self._socket, self._send_some)

    def fail(self, error: BaseException) -> None:
        """Send no more, and let the one who waits know why."""
        if not self.done.done():
            self.done.set_exception(error)
        self.close()

    def close(self) -> None:
        """Watch the socket no longer; harmless when repeated."""
        if self._socket >= 0:
            self._loop.remove_writer(self._socket)
            os.close(self._socket)
            self._socket = -1

    def _send_some(self) -> None:
        try:
            sent = os.sendfile(self._socket, self._file, self._offset, min(self.left, _MAX_AT_ONCE))
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            unavailable = not self._started and error.errno in _UNAVAILABLE
            self.fail(SendfileUnavailableError() if unavailable else error)
            return
        self._started = True
        if sent == 0:
            self.fail(HTTPOutputError(f"the file ended {self.left} octets before its length"))
            return
        self._offset += sent
        self.left -= sent
        if self.left == 0 and not self.done.done():
            self.done.set_result(None)
            self.close()
