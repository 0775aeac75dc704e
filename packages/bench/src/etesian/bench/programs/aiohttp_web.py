"""aiohttp: a coroutine of its web framework."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    import socket


async def hello(_: web.Request) -> web.Response:
    """Say hello."""
    return web.Response(body=b"Hello, world!", content_type="text/plain")


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    application = web.Application()
    application.router.add_get("/", hello)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    await asyncio.Event().wait()
