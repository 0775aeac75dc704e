"""The handlers of the site, for the two frameworks whose handlers are written alike."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from etesian.bench import site

if TYPE_CHECKING:
    from collections.abc import Callable


def hello(handler: Any) -> None:
    """Say hello."""
    handler.set_header("Content-Type", site.TEXT)
    handler.write(site.HELLO)


def message(handler: Any) -> None:
    """Give an object."""
    handler.write(site.MESSAGE)


def user(handler: Any, name: str) -> None:
    """Give a part of the path back."""
    handler.set_header("Content-Type", site.TEXT)
    handler.write(name)


def echo(handler: Any) -> None:
    """Give a body back."""
    handler.set_header("Content-Type", site.OCTETS)
    handler.write(handler.request.body)


def page(handler: Any) -> None:
    """Render a template."""
    handler.render(site.PAGE, **site.VALUES)


async def coroutine(handler: Any) -> None:
    """Wait a turn, and say hello."""
    await asyncio.sleep(0)
    hello(handler)


def rules(base: type) -> list[tuple[str, type]]:
    """Give the routes of the site, to classes derived from ``base``."""

    def to(**methods: Callable[..., object]) -> type:
        return type("Handler", (base,), methods)

    return [
        (r"/", to(get=hello)),
        (r"/json", to(get=message)),
        (r"/user/([^/]+)", to(get=user)),
        (r"/echo", to(post=echo)),
        (r"/page", to(get=page)),
        (r"/coroutine", to(get=coroutine)),
        *((path, to(get=hello)) for path in site.ROUTES),
    ]
