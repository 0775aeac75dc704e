"""The site by BlackSheep on uvicorn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from blacksheep import Application, Content, Request, Response, html, json, text
from jinja2 import DictLoader, Environment

from etesian.bench import site
from etesian.bench.programs.uvicorn_asgi import serve_application

if TYPE_CHECKING:
    import socket

environment = Environment(autoescape=True, loader=DictLoader(site.FILES))


async def hello(_: Request) -> Response:
    """Say hello."""
    return text(site.HELLO)


async def message(_: Request) -> Response:
    """Give an object."""
    return json(site.MESSAGE)


async def user(request: Request) -> Response:
    """Give a part of the path back."""
    return text((request.route_values or {})["name"] or "")


async def echo(request: Request) -> Response:
    """Give a body back."""
    return Response(200, content=Content(site.OCTETS.encode(), await request.read() or b""))


async def page(_: Request) -> Response:
    """Render a template."""
    return html(environment.get_template(site.PAGE).render(site.VALUES))


async def coroutine(_: Request) -> Response:
    """Wait a turn, and say hello."""
    await asyncio.sleep(0)
    return text(site.HELLO)


async def serve(listening: socket.socket) -> None:
    """Serve until SIGTERM."""
    application = Application()
    application.router.add_get("/", hello)
    application.router.add_get("/json", message)
    application.router.add_get("/user/{name}", user)
    application.router.add_post("/echo", echo)
    application.router.add_get("/page", page)
    application.router.add_get("/coroutine", coroutine)
    application.serve_files(site.file_folder(), root_path="static", extensions={".bin"})
    for path in site.ROUTES:
        application.router.add_get(path, hello)
    await serve_application(application, listening, lifespan="on")
