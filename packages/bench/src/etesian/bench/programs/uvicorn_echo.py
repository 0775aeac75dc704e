"""uvicorn with httptools: a bare ASGI function that reads what it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.bench.programs.download import PIECES
from etesian.bench.programs.uvicorn_asgi import hello, serve_application
from etesian.bench.transfer import SIZE

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable
    from typing import Any

    Receive = Callable[[], Awaitable[Any]]
    Send = Callable[[Any], Awaitable[None]]


async def answer(scope: Any, receive: Receive, send: Send) -> None:
    """Answer no body with a greeting, a body with itself, and an upload with its size."""
    if scope["method"] == "GET":
        await (_download(send) if scope["path"] == "/download" else hello(scope, receive, send))
        return
    body, size, more = b"", 0, True
    while more:
        message = await receive()
        more = message["more_body"]
        size += len(message["body"])
        if scope["path"] != "/upload":
            body += message["body"]
    body = body or b"%d" % size
    await _start(send, len(body))
    await send({"type": "http.response.body", "body": body})


async def _start(send: Send, size: int) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % size)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _download(send: Send) -> None:
    await _start(send, SIZE)
    for piece in PIECES:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def serve(listening: socket.socket) -> None:
    """Serve until SIGTERM."""
    await serve_application(answer, listening)
