"""HTTP clients of the field, each reduced to: give the body at this URL."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    Fetch = Callable[[], Awaitable[bytes]]
    Connect = Callable[[str, int], AbstractAsyncContextManager[Fetch]]


def documented(module: str, name: str) -> Connect:
    """Give a client with the interface that Tornado documents and Etesian keeps."""

    @asynccontextmanager
    async def connect(url: str, at_once: int) -> AsyncIterator[Fetch]:
        client = getattr(import_module(module), name)(force_instance=True, max_clients=at_once)

        async def fetch() -> bytes:
            body: bytes = (await client.fetch(url)).body
            return body

        yield fetch
        client.close()

    return connect


@asynccontextmanager
async def aiohttp(url: str, at_once: int) -> AsyncIterator[Fetch]:
    """Give aiohttp's client."""
    from aiohttp import ClientSession, TCPConnector  # noqa: PLC0415 - each client in its turn

    async with ClientSession(connector=TCPConnector(limit=at_once)) as session:

        async def fetch() -> bytes:
            async with session.get(url) as response:
                return await response.read()

        yield fetch


@asynccontextmanager
async def httpx(url: str, at_once: int) -> AsyncIterator[Fetch]:
    """Give httpx's client, allowed to keep every connection."""
    from httpx import AsyncClient, Limits  # noqa: PLC0415

    limits = Limits(max_connections=at_once, max_keepalive_connections=at_once)
    # It would read proxies and certificates from the environment, which the others do not.
    async with AsyncClient(limits=limits, trust_env=False) as client:

        async def fetch() -> bytes:
            return (await client.get(url)).content

        yield fetch
