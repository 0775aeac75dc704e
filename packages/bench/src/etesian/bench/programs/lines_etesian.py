"""Etesian: a server that gives back each line, by coroutine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from etesian.streams import StreamClosedError, TCPServer

if TYPE_CHECKING:
    import socket

    from etesian.streams import IOStream


class Echo(TCPServer):
    """Reads a line, writes it, waits until the peer has taken it."""

    async def handle_stream(self, stream: IOStream, address: Any) -> None:  # noqa: ARG002 - documented
        """Serve one connection until it ends."""
        try:
            while True:
                await stream.write(await stream.read_until(b"\n"))
        except StreamClosedError:
            stream.close()


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    Echo().add_sockets([listening])
    await asyncio.Event().wait()
