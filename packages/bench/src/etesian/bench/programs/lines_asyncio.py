"""The streams of asyncio: a server that gives back each line, by coroutine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read a line, write it, wait until the peer has taken it, until it ends."""
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    await asyncio.start_server(echo, sock=listening)
    await asyncio.Event().wait()
