"""A connection within the process: two transports that hand each other their bytes."""

# ruff: noqa: SLF001 - the ends of a connection are two of one kind, and know each other

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MemoryTransport", "connect_in_memory"]

# Octets that wait for the other end before the writer is asked to pause: asyncio's own default.
_HIGH_WATER: Final = 64 * 1024
# Octets that a kernel takes from a writer before it makes it wait: a small one's send buffer.
_KERNEL_BUFFER: Final = 64 * 1024
# The most that is handed over at once: what asyncio reads from a socket at once.
_MOST_AT_ONCE: Final = 256 * 1024


def connect_in_memory(
    one: asyncio.BaseProtocol,
    other: asyncio.BaseProtocol,
    *,
    address_of_one: tuple[str, int],
    address_of_other: tuple[str, int],
) -> tuple[MemoryTransport, MemoryTransport]:
    """Connect two protocols on the running loop, and give their transports.

    Each is told of its connection at once, and gets what the other writes in a later turn
    of the loop, as it would from a socket.
    """
    names = {"sockname": address_of_one, "peername": address_of_other}
    first = MemoryTransport(one, names)
    second = MemoryTransport(
        other, {"sockname": address_of_other, "peername": address_of_one}, peer=first
    )
    second.begin()
    first.begin()
    return first, second


class MemoryTransport(asyncio.Transport):
    """One end. It waits, pauses and closes as a transport over TCP does.

    Has ``sockname`` and ``peername`` of ``get_extra_info``, and no ``socket``.
    """

    def __init__(
        self,
        protocol: asyncio.BaseProtocol,
        extra: Mapping[str, Any],
        peer: MemoryTransport | None = None,
    ) -> None:
        super().__init__(dict(extra))
        self._loop = asyncio.get_running_loop()
        # What the other end's context variables hold is none of this end's business.
        self._context = copy_context()
        self._protocol: Any = protocol
        self._unread = bytearray()  # written by this end, not taken by the other
        self._high = _HIGH_WATER
        self._low = _HIGH_WATER // 4
        self._writing_paused = False
        self._reading = True
        self._eof = False
        self._eof_told = False
        self._closing = False
        self._lost = False
        self._handing_over = False
        self._peer = self if peer is None else peer
        if peer is not None:
            peer._peer = self

    def begin(self) -> None:
        """Tell the protocol of its connection."""
        self._protocol.connection_made(self)

    # Writing

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Hand ``data`` to the other end, in a later turn of the loop."""
        if self._eof or self._closing or not data:
            return
        self._unread += data
        self._schedule()
        if len(self._unread) > self._high and not self._writing_paused:
            self._writing_paused = True
            self._protocol.pause_writing()

    def write_eof(self) -> None:
        """End this direction after what is written."""
        self._eof = True
        self._schedule()

    def can_write_eof(self) -> bool:
        """Tell that one direction can be ended alone."""
        return True

    def get_write_buffer_size(self) -> int:
        """Give how many octets the other end has not taken."""
        return len(self._unread)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Give when the writer is told to go on, and when to pause."""
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set when the writer is told to pause, and when to go on."""
        self._high = (_HIGH_WATER if low is None else 4 * low) if high is None else high
        self._low = self._high // 4 if low is None else low

    # Reading

    def pause_reading(self) -> None:
        """Take nothing of what the other end writes."""
        self._reading = False

    def resume_reading(self) -> None:
        """Take it again."""
        self._reading = True
        self._peer._schedule()

    def is_reading(self) -> bool:
        """Tell whether what the other end writes is taken."""
        return self._reading and not self._closing

    # The protocol, and the end

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Feed another protocol from now on."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Give the protocol that is fed."""
        return self._protocol  # type: ignore[no-any-return]

    def is_closing(self) -> bool:
        """Tell whether this end is closed, or about to be."""
        return self._closing

    def close(self) -> None:
        """Close after what is written; what still comes in is thrown away."""
        if not self._closing:
            self._closing = self._eof = True
            self._schedule()

    def abort(self) -> None:
        """Close at once; what waits is lost, but for what a kernel would have had already."""
        del self._unread[_KERNEL_BUFFER:]
        self.close()
        self._lose(None)

    def _schedule(self) -> None:
        if not self._handing_over:
            self._handing_over = True
            self._loop.call_soon(self._hand_over, context=self._peer._context)

    def _hand_over(self) -> None:
        """Let the other end have what it takes, in the other end's context."""
        self._handing_over = False
        peer = self._peer
        if peer._closing:
            self._write_to_nobody()
        elif self._unread and peer._reading:
            data = bytes(self._unread[:_MOST_AT_ONCE])
            del self._unread[: len(data)]
            peer._take(data)
            if self._unread:
                self._schedule()
        if self._writing_paused and len(self._unread) <= self._low and not self._lost:
            self._writing_paused = False
            self._loop.call_soon(self._protocol.resume_writing, context=self._context)
        if self._eof and not self._unread and (peer._reading or peer._closing):
            self._end()

    def _write_to_nobody(self) -> None:
        """Do as a kernel does that gets a segment for a socket which is closed."""
        if self._unread:
            self._unread.clear()
            self._closing = True
            self._lose(ConnectionResetError("the other end has closed"))

    def _take(self, data: bytes) -> None:
        protocol = self._protocol
        if not isinstance(protocol, asyncio.BufferedProtocol):
            protocol.data_received(data)
            return
        while data:
            with memoryview(protocol.get_buffer(len(data))) as view:
                size = min(len(view), len(data))
                view[:size] = data[:size]
            protocol.buffer_updated(size)
            data = data[size:]

    def _end(self) -> None:
        """End this direction at the other end, once, and this end where it is closed."""
        peer, told, self._eof_told = self._peer, self._eof_told, True
        if not told and not peer._closing and not peer._protocol.eof_received():
            peer.close()
        if self._closing:
            self._lose(None)

    def _lose(self, error: Exception | None) -> None:
        if not self._lost:
            self._lost = True
            self._loop.call_soon(self._protocol.connection_lost, error, context=self._context)
