"""The site by Sanic."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, Environment
from sanic import Sanic
from sanic.response import HTTPResponse, html, json, raw, text

from etesian.bench import site

if TYPE_CHECKING:
    import socket

    from sanic import Request

environment = Environment(autoescape=True, loader=DictLoader(site.FILES))
application = Sanic("bench", configure_logging=False)


async def hello(_: Request) -> HTTPResponse:
    """Say hello."""
    return text(site.HELLO)


@application.get("/json")
async def message(_: Request) -> HTTPResponse:
    """Give an object."""
    return json(site.MESSAGE)


@application.get("/user/<name:str>")
async def user(_: Request, name: str) -> HTTPResponse:
    """Give a part of the path back."""
    return text(name)


@application.post("/echo")
async def echo(request: Request) -> HTTPResponse:
    """Give a body back."""
    return raw(request.body, content_type=site.OCTETS)


@application.get("/page")
async def page(_: Request) -> HTTPResponse:
    """Render a template."""
    return html(environment.get_template(site.PAGE).render(site.VALUES))


@application.get("/coroutine")
async def coroutine(_: Request) -> HTTPResponse:
    """Wait a turn, and say hello."""
    await asyncio.sleep(0)
    return text(site.HELLO)


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    application.static("/static", site.file_folder())
    application.add_route(hello, "/")
    for number, path in enumerate(site.ROUTES):
        application.add_route(hello, path, name=f"route{number}")
    server: Any = await application.create_server(  # what it gives is not typed
        sock=listening, access_log=False, return_asyncio_server=True
    )
    await server.startup()
    await server.serve_forever()
