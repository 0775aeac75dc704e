"""Fetching over HTTP/1.1, in this process, from a server that costs next to nothing."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from etesian.bench.contender import Contender, Sample, Suite
from etesian.bench.cores import load_core, server_core
from etesian.bench.server_process import server_process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from etesian.bench.contender import Running

    Fetch = Callable[[], Awaitable[bytes]]

# What a program asks for at once that talks to a handful of services.
CONCURRENT = 16


class Fetching:
    """A client that is ready, on a loop of its own."""

    def __init__(self, runner: asyncio.Runner, fetch: Fetch) -> None:
        self._runner = runner
        self._fetch = fetch

    def answer(self) -> bytes:
        """Give the body of one response."""

        async def once() -> bytes:
            return await self._fetch()

        return self._runner.run(once())

    def measure(self, seconds: float) -> Sample:
        """Keep all fetches going for that long."""
        return self._runner.run(self._work(seconds))

    async def _work(self, seconds: float) -> Sample:
        started, cpu = time.perf_counter(), time.process_time()
        until = started + seconds
        fetches = sum(await asyncio.gather(*(self._repeat(until) for _ in range(CONCURRENT))))
        elapsed = time.perf_counter() - started
        cpu = time.process_time() - cpu
        return Sample(rate=fetches / elapsed, cpu_us=1e6 * cpu / fetches)

    async def _repeat(self, until: float) -> int:
        fetches = 0
        while time.perf_counter() < until:
            await self._fetch()
            fetches += 1
        return fetches


@asynccontextmanager
async def _etesian(url: str) -> AsyncIterator[Fetch]:
    from etesian.http_wire import AsyncHTTPClient  # noqa: PLC0415 - each client in its turn

    client = AsyncHTTPClient(force_instance=True, max_clients=CONCURRENT)

    async def fetch() -> bytes:
        return (await client.fetch(url)).body

    yield fetch
    client.close()


@asynccontextmanager
async def _tornado(url: str) -> AsyncIterator[Fetch]:
    from tornado.httpclient import AsyncHTTPClient  # noqa: PLC0415

    client = AsyncHTTPClient(force_instance=True, max_clients=CONCURRENT)

    async def fetch() -> bytes:
        return (await client.fetch(url)).body

    yield fetch
    client.close()


@asynccontextmanager
async def _aiohttp(url: str) -> AsyncIterator[Fetch]:
    from aiohttp import ClientSession  # noqa: PLC0415

    async with ClientSession() as session:

        async def fetch() -> bytes:
            async with session.get(url) as response:
                return await response.read()

        yield fetch


@contextmanager
def _fetching(
    connect: Callable[[str], AbstractAsyncContextManager[Fetch]], *, uvloop: bool
) -> Iterator[Running]:
    os.sched_setaffinity(0, {server_core()})
    factory = import_module("uvloop").new_event_loop if uvloop else None
    fast = find_spec("uvloop") is not None
    with (
        server_process("canned", uvloop=fast, core=load_core()) as server,
        asyncio.Runner(loop_factory=factory) as runner,
    ):
        client = connect(f"http://127.0.0.1:{server.port}/")
        fetch = runner.run(client.__aenter__())
        try:
            yield Fetching(runner, fetch)
        finally:
            runner.run(client.__aexit__(None, None, None))


def _client(
    name: str,
    connect: Callable[[str], AbstractAsyncContextManager[Fetch]],
    *needs: str,
    uvloop: bool = False,
) -> Contender:
    if uvloop:
        name, needs = f"{name}, uvloop", (*needs, "uvloop")
    return Contender(name, partial(_fetching, connect, uvloop=uvloop), needs)


SUITE = Suite(
    title=f"{CONCURRENT} fetches at once of a small resource over HTTP/1.1",
    unit="fetch",
    baselines=("tornado", "aiohttp, uvloop"),
    contenders=(
        _client("etesian", _etesian, uvloop=True),
        _client("etesian", _etesian),
        _client("tornado", _tornado, "tornado"),
        _client("aiohttp", _aiohttp, "aiohttp", uvloop=True),
    ),
)
