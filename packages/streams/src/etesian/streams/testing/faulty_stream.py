"""A stream that misbehaves as told."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

from etesian.streams.iostream import IOStream
from etesian.streams.testing.faults import Faults

if TYPE_CHECKING:
    import asyncio


class FaultyStream(IOStream):
    """An :class:`IOStream` whose connection has faults.

    ``incoming`` are those of what is read, ``outgoing`` those of what is
    written. A reset closes the stream with ``ConnectionResetError``; the peer
    sees one too.
    """

    def __init__(
        self,
        *args: Any,
        incoming: Faults = Faults(),  # noqa: B008 - a frozen value
        outgoing: Faults = Faults(),  # noqa: B008 - a frozen value
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.incoming = incoming
        self.outgoing = outgoing
        self._received_count = 0
        self._sent_count = 0

    def data_received(self, data: bytes) -> None:
        """Deliver what the faults let through, as they cut it (asyncio.Protocol)."""
        for piece in self.incoming.cut(data, self._received_count):
            self._received_count += len(piece)
            super().data_received(piece)
        if self.incoming.resets_at(self._received_count):
            self._reset()
        elif self.incoming.ends_at(self._received_count) and not self.eof_received():
            self.close()

    def write(self, data: bytes | bytearray | memoryview) -> asyncio.Future[None]:
        """Send what the faults let through, in the pieces they make."""
        whole = bytes(data)
        written = super().write(b"")
        for piece in self.outgoing.cut(whole, self._sent_count):
            self._sent_count += len(piece)
            written = super().write(piece)
        if self.outgoing.resets_at(self._sent_count):
            self._reset()
        elif self.outgoing.ends_at(self._sent_count):
            self.close()
        return written

    def _reset(self) -> None:
        self.close(ConnectionResetError("reset by the test"))
        if self._transport is not None:
            reset(self._transport)


def reset(transport: asyncio.Transport) -> None:
    """Close ``transport`` so that the peer sees a reset, not an end."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
