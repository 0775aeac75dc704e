"""The site by Robyn, which opens its own socket."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from jinja2 import DictLoader, Environment
from robyn import Request, Response, Robyn

from etesian.bench import site

if TYPE_CHECKING:
    import socket

environment = Environment(autoescape=True, loader=DictLoader(site.FILES))


def respond(kind: str, body: str | bytes) -> Response:
    """Give a response of a media type."""
    return Response(status_code=200, headers={"content-type": kind}, description=body)


async def hello() -> Response:
    """Say hello."""
    return respond(site.TEXT, site.HELLO)


async def message() -> dict[str, str]:
    """Give an object."""
    return site.MESSAGE


async def user(request: Request) -> Response:
    """Give a part of the path back."""
    return respond(site.TEXT, request.path_params["name"])


async def echo(request: Request) -> Response:
    """Give a body back."""
    return respond(site.OCTETS, request.body)


async def page() -> Response:
    """Render a template."""
    return respond("text/html", environment.get_template(site.PAGE).render(site.VALUES))


async def coroutine() -> Response:
    """Wait a turn, and say hello."""
    await asyncio.sleep(0)
    return respond(site.TEXT, site.HELLO)


def application() -> Robyn:
    """Give the site."""
    robyn = Robyn(__file__)
    robyn.get("/json")(message)
    robyn.get("/user/:name")(user)
    robyn.post("/echo")(echo)
    robyn.get("/page")(page)
    robyn.get("/coroutine")(coroutine)
    for path in ("/", *site.ROUTES):
        robyn.get(path)(hello)
    robyn.serve_directory("/static", site.file_folder())
    return robyn


async def serve(listening: socket.socket) -> None:
    """Become a process that runs Robyn on the same port."""
    port = str(listening.getsockname()[1])
    listening.close()
    command = [sys.executable, "-m", __name__, "--log-level=WARN"]
    os.execve(sys.executable, command, {**os.environ, "ROBYN_PORT": port})  # noqa: S606 - ours


if __name__ == "__main__":
    application().start(port=int(os.environ["ROBYN_PORT"]))
