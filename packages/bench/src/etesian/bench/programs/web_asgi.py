"""What of the site a bare ASGI function can serve without a framework."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from etesian.bench import site
from etesian.bench.programs.uvicorn_asgi import serve_application

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable
    from typing import Any

    Receive = Callable[[], Awaitable[Any]]
    Send = Callable[[Any], Awaitable[None]]

HELLOS = {"/", *site.ROUTES}
BODY = site.HELLO.encode()


async def application(scope: Any, receive: Receive, send: Send) -> None:
    """Answer by path."""
    path = scope["path"]
    if path in HELLOS:
        await answer(send, site.TEXT, BODY)
    elif path == "/json":
        await answer(send, "application/json", json.dumps(site.MESSAGE).encode())
    elif path == "/echo":
        await answer(send, site.OCTETS, await body_of(receive))
    elif path == "/coroutine":
        await asyncio.sleep(0)
        await answer(send, site.TEXT, BODY)
    else:
        await answer(send, site.TEXT, path.removeprefix("/user/").encode())


async def answer(send: Send, kind: str, body: bytes) -> None:
    """Send a response."""
    headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def body_of(receive: Receive) -> bytes:
    """Give the whole body of the request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    return body


async def serve(listening: socket.socket) -> None:
    """Serve until SIGTERM."""
    await serve_application(application, listening)
