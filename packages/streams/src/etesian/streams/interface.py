"""What other packages may know of streams.

A stream is a pair of byte queues with a peer at the far end. Whoever takes a
stream as an argument asks for the Protocol :class:`Stream` and can then be
tested with any implementation of it, the fault-injecting one included.

Doors (the implementation loads when the name is first asked for):

``TCPServer``
    Listening sockets and the connections they accept. Subclass it and override
    ``handle_stream`` to read by coroutine, or ``create_protocol`` to be fed by
    push: the latter returns one ``asyncio.Protocol`` per accepted connection.
``TCPClient``
    ``await connect(host, port, ...)`` gives an ``IOStream``;
    ``await connect_protocol(factory, host, port, ...)`` gives
    ``(transport, protocol)``.
``IOStream``
    ``IOStream.from_transport(transport, received=b"...")`` takes a live
    transport over, with bytes that were already read from it.
``deliver``
    ``deliver(result, future)`` finishes a future and runs the task that awaits
    it within the call, where bytes that arrived are the result and a turn of
    the loop is too long to wait. For packages of Etesian: no part of ``api``.
``api``
    The package itself with all its public names. For the bridge and the
    command, which offer all of it again; nobody else uses this door.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from etesian import streams as api
    from etesian.streams.delivery import deliver
    from etesian.streams.iostream import IOStream
    from etesian.streams.tcp_client import TCPClient
    from etesian.streams.tcp_server import TCPServer

__all__ = [
    "IOStream",
    "Stream",
    "StreamBufferFullError",
    "StreamClosedError",
    "TCPClient",
    "TCPServer",
    "UnsatisfiableReadError",
    "api",
    "deliver",
]


class StreamClosedError(OSError):
    """The stream is closed, so the operation cannot be done or finished.

    ``real_error`` is the exception that closed it, or ``None`` for an orderly
    close by either side.
    """

    def __init__(self, real_error: BaseException | None = None) -> None:
        super().__init__("Stream is closed")
        self.real_error = real_error


class UnsatisfiableReadError(Exception):
    """A delimiter did not come within ``max_bytes``; the stream is closed."""


class StreamBufferFullError(Exception):
    """More bytes are waiting than the buffer limit of the stream allows."""


class Stream(Protocol):
    """A connected byte stream.

    At most one read may be pending; a second one raises ``AssertionError``.
    Cancelling a read leaves its bytes in the buffer for the next one. Every
    pending operation fails with :class:`StreamClosedError` when the stream
    closes first.
    """

    def read_bytes(self, num_bytes: int, partial: bool = False) -> Awaitable[bytes]:
        """Give exactly ``num_bytes`` bytes, or at least one with ``partial``."""
        ...

    def read_until(self, delimiter: bytes, max_bytes: int | None = None) -> Awaitable[bytes]:
        """Give the bytes up to and including ``delimiter``.

        Without the delimiter in the first ``max_bytes`` the stream is closed
        with :class:`UnsatisfiableReadError` as its ``real_error``.
        """
        ...

    def read_until_close(self) -> Awaitable[bytes]:
        """Give all bytes until the peer ends its side."""
        ...

    def write(self, data: bytes | memoryview) -> Awaitable[None]:
        """Queue ``data`` now; the awaitable ends when the queue has drained.

        Not awaiting it is allowed: order is kept, and the limit
        ``max_write_buffer_size`` bounds what may wait.
        """
        ...

    def close(self) -> None:
        """Close both directions; what is queued for writing is still sent."""
        ...


def __getattr__(name: str) -> object:
    """Open a door: load what stands behind the name (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "deliver":
        return import_module("etesian.streams.delivery").deliver
    package = import_module("etesian.streams")
    return package if name == "api" else getattr(package, name)
