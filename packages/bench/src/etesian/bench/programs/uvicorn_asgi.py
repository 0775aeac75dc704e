"""uvicorn with httptools: a bare ASGI function, below any framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable
    from typing import Any, Literal

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"13")],
}
BODY = {"type": "http.response.body", "body": b"Hello, world!"}


async def hello(_scope: object, _receive: object, send: Callable[[Any], Awaitable[None]]) -> None:
    """Say hello."""
    await send(START)
    await send(BODY)


async def serve_application(
    application: Callable[..., Any],
    listening: socket.socket,
    *,
    lifespan: Literal["on", "off"] = "off",
) -> None:
    """Serve an ASGI function until SIGTERM."""
    config = uvicorn.Config(
        application, http="httptools", lifespan=lifespan, access_log=False, log_level="warning"
    )
    await uvicorn.Server(config).serve(sockets=[listening])


async def serve(listening: socket.socket) -> None:
    """Serve until SIGTERM."""
    await serve_application(hello, listening)
