"""No HTTP server at all: one answer to whatever ends in an empty line, at the least cost.

For measuring clients, which must never wait for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import socket

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"
HEAD_END = b"\r\n\r\n"
COUNT = b"COUNT\n"


class Canned(asyncio.Protocol):
    """A connection of a client that waits for each answer, as HTTP/1.1 clients do.

    One that says ``COUNT`` is told how many requests all of them made, so that
    nobody has to believe a client.
    """

    answered = 0

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer once for each head that is complete."""
        *heads, self._received = (self._received + data).split(HEAD_END)
        if heads:
            Canned.answered += len(heads)
            self._transport.write(ANSWER * len(heads))
        elif self._received == COUNT:
            self._transport.write(b"%d\n" % Canned.answered)


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    await asyncio.get_running_loop().create_server(Canned, sock=listening)
    await asyncio.Event().wait()
