"""No HTTP server at all: answers of the site that are ready, at the least cost."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from etesian.bench import site
from etesian.bench.template_engines import etesian, short_ends

if TYPE_CHECKING:
    import socket

HEAD_END = b"\r\n\r\n"


def ready(kind: str, body: bytes) -> bytes:
    """Give a whole response."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
    return head.encode() + HEAD_END + body


def answers() -> dict[bytes, bytes]:
    """Give every response of the site by its path."""
    hello = ready(site.TEXT, site.HELLO.encode())
    page = etesian(short_ends(site.FILES))(**site.VALUES)
    return {
        b"/": hello,
        b"/json": ready("application/json", json.dumps(site.MESSAGE).encode()),
        b"/user/alice": ready(site.TEXT, b"alice"),
        b"/page": ready("text/html", page),
        b"/coroutine": hello,
        f"/static/{site.FILE}".encode(): ready(
            site.OCTETS, Path(site.file_folder(), site.FILE).read_bytes()
        ),
        **{path.encode(): hello for path in site.ROUTES},
    }


class Ready(asyncio.Protocol):
    """A connection of a client that waits for each answer, and whose heads come in one piece."""

    def __init__(self, known: dict[bytes, bytes]) -> None:
        self._known = known
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer a head by its path, or a body with itself."""
        self._received += data
        head, end, body = self._received.partition(HEAD_END)
        if not end:
            return
        path = head.split(b" ", 2)[1]
        if path != b"/echo":
            self._transport.write(self._known[path])
        elif len(body) == site.CASES["post"].post_size:
            self._transport.write(ready(site.OCTETS, body))
        else:
            return
        self._received = b""


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    known = answers()
    await asyncio.get_running_loop().create_server(lambda: Ready(known), sock=listening)
    await asyncio.Event().wait()
