"""The site by aiohttp."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web
from jinja2 import DictLoader, Environment

from etesian.bench import site

if TYPE_CHECKING:
    import socket

environment = Environment(autoescape=True, loader=DictLoader(site.FILES))


async def hello(_: web.Request) -> web.Response:
    """Say hello."""
    return web.Response(text=site.HELLO)


async def message(_: web.Request) -> web.Response:
    """Give an object."""
    return web.json_response(site.MESSAGE)


async def user(request: web.Request) -> web.Response:
    """Give a part of the path back."""
    return web.Response(text=request.match_info["name"])


async def echo(request: web.Request) -> web.Response:
    """Give a body back."""
    return web.Response(body=await request.read(), content_type=site.OCTETS)


async def page(_: web.Request) -> web.Response:
    """Render a template."""
    text = environment.get_template(site.PAGE).render(site.VALUES)
    return web.Response(text=text, content_type="text/html")


async def coroutine(_: web.Request) -> web.Response:
    """Wait a turn, and say hello."""
    await asyncio.sleep(0)
    return web.Response(text=site.HELLO)


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    application = web.Application()
    application.add_routes(
        [
            web.get("/", hello),
            web.get("/json", message),
            web.get("/user/{name}", user),
            web.post("/echo", echo),
            web.get("/page", page),
            web.get("/coroutine", coroutine),
            web.static("/static", site.file_folder()),
            *(web.get(path, hello) for path in site.ROUTES),
        ]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    await asyncio.Event().wait()
