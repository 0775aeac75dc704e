"""The site by Starlette on uvicorn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jinja2 import DictLoader, Environment
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from etesian.bench import site
from etesian.bench.programs.uvicorn_asgi import serve_application

if TYPE_CHECKING:
    import socket

    from starlette.requests import Request

templates = Jinja2Templates(env=Environment(autoescape=True, loader=DictLoader(site.FILES)))


async def hello(_: Request) -> Response:
    """Say hello."""
    return PlainTextResponse(site.HELLO)


async def message(_: Request) -> Response:
    """Give an object."""
    return JSONResponse(site.MESSAGE)


async def user(request: Request) -> Response:
    """Give a part of the path back."""
    return PlainTextResponse(request.path_params["name"])


async def echo(request: Request) -> Response:
    """Give a body back."""
    return Response(await request.body(), media_type=site.OCTETS)


async def page(request: Request) -> Response:
    """Render a template."""
    return templates.TemplateResponse(request, site.PAGE, site.VALUES)


async def coroutine(_: Request) -> Response:
    """Wait a turn, and say hello."""
    await asyncio.sleep(0)
    return PlainTextResponse(site.HELLO)


async def serve(listening: socket.socket) -> None:
    """Serve until SIGTERM."""
    routes = [
        Route("/", hello),
        Route("/json", message),
        Route("/user/{name}", user),
        Route("/echo", echo, methods=["POST"]),
        Route("/page", page),
        Route("/coroutine", coroutine),
        Mount("/static", StaticFiles(directory=site.file_folder())),
        *(Route(path, hello) for path in site.ROUTES),
    ]
    await serve_application(Starlette(routes=routes), listening)
