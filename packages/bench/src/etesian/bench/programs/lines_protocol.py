"""A bare protocol: gives back whatever comes, at the least cost there is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import socket


class Echo(asyncio.Protocol):
    """Does not even look for lines."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Give it back."""
        self._transport.write(data)


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    await asyncio.get_running_loop().create_server(Echo, sock=listening)
    await asyncio.Event().wait()
