"""HTTP clients of the field, each reduced to: give the body at this URL."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, cast

from etesian.bench.programs.canned import HEAD_END

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    Fetch = Callable[[], Awaitable[bytes]]
    Connect = Callable[[str, int], AbstractAsyncContextManager[Fetch]]


def documented(module: str, name: str, **options: float) -> Connect:
    """Give a client with the interface that Tornado documents and Etesian keeps."""

    @asynccontextmanager
    async def connect(url: str, at_once: int) -> AsyncIterator[Fetch]:
        kind = getattr(import_module(module), name)
        client = kind(force_instance=True, max_clients=at_once, **options)

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


@asynccontextmanager
async def protocol(url: str, at_once: int) -> AsyncIterator[Fetch]:
    """Give no HTTP client at all, but the least that fetches and sleeps until the answer comes."""
    host, _, port = url.removeprefix("http://").rstrip("/").partition(":")
    request = f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    idle = [(await loop.create_connection(_Answers, host, int(port)))[1] for _ in range(at_once)]
    made = tuple(idle)

    async def fetch() -> bytes:
        connection = idle.pop()
        connection.answer = loop.create_future()
        connection.transport.write(request)
        answer = await connection.answer
        idle.append(connection)
        return answer.partition(HEAD_END)[2]

    yield fetch
    for connection in made:
        connection.transport.close()
    await asyncio.sleep(0)


class _Answers(asyncio.Protocol):
    """Takes what comes at once for a whole answer."""

    transport: asyncio.Transport
    answer: asyncio.Future[bytes]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.answer.set_result(data)
