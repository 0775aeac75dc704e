"""The site by Falcon on uvicorn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from falcon.asgi import App
from jinja2 import DictLoader, Environment

from etesian.bench import site
from etesian.bench.programs.uvicorn_asgi import serve_application

if TYPE_CHECKING:
    import socket

    from falcon.asgi import Request, Response

environment = Environment(autoescape=True, loader=DictLoader(site.FILES))


class Hello:
    """Plain text."""

    async def on_get(self, _: Request, response: Response) -> None:
        """Say hello."""
        response.content_type = site.TEXT
        response.text = site.HELLO


class Message:
    """JSON."""

    async def on_get(self, _: Request, response: Response) -> None:
        """Give an object."""
        response.media = site.MESSAGE


class User:
    """A part of the path."""

    async def on_get(self, _: Request, response: Response, name: str) -> None:
        """Give it back."""
        response.content_type = site.TEXT
        response.text = name


class Echo:
    """A body."""

    async def on_post(self, request: Request, response: Response) -> None:
        """Give it back."""
        response.content_type = site.OCTETS
        response.data = await request.stream.read()


class Page:
    """A template."""

    async def on_get(self, _: Request, response: Response) -> None:
        """Render it."""
        response.content_type = "text/html"
        response.text = environment.get_template(site.PAGE).render(site.VALUES)


class Coroutine:
    """Plain text, later."""

    async def on_get(self, _: Request, response: Response) -> None:
        """Wait a turn, and say hello."""
        await asyncio.sleep(0)
        response.content_type = site.TEXT
        response.text = site.HELLO


async def serve(listening: socket.socket) -> None:
    """Serve until SIGTERM."""
    application = App()
    application.add_route("/", Hello())
    application.add_route("/json", Message())
    application.add_route("/user/{name}", User())
    application.add_route("/echo", Echo())
    application.add_route("/page", Page())
    application.add_route("/coroutine", Coroutine())
    application.add_static_route("/static", site.file_folder())
    for path in site.ROUTES:
        application.add_route(path, Hello())
    await serve_application(application, listening)
