"""Fetching over HTTP/1.1, in this process, from a server that costs next to nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from etesian.bench.clients import aiohttp, documented, httpx, protocol
from etesian.bench.contender import Contender, Sample, Suite
from etesian.bench.cores import load_core, server_core
from etesian.bench.programs.canned import COUNT
from etesian.bench.server_process import server_process
from etesian.bench.wrk import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.bench.clients import Connect, Fetch
    from etesian.bench.contender import Running
    from etesian.bench.server_process import ServerProcess

# Fetches at once: a program that waits for each answer, and one that is busy with many.
CASES = (1, 50)


class Fetching:
    """A client that is ready, on a loop of its own, and the server that it asks."""

    def __init__(
        self, runner: asyncio.Runner, fetch: Fetch, server: ServerProcess, at_once: int
    ) -> None:
        self._runner = runner
        self._fetch = fetch
        self._server = server
        self._at_once = at_once

    def answer(self) -> bytes:
        """Give the body of one response."""

        async def once() -> bytes:
            return await self._fetch()

        return self._runner.run(once())

    def measure(self, seconds: float) -> Sample:
        """Keep all fetches going for that long.

        Raises :class:`LoadError` where the server did not answer each of them.
        """
        answered, server_cpu = _answered(self._server), self._server.cpu_seconds()
        cpu, started = time.process_time(), time.perf_counter()
        fetches = self._runner.run(self._work(started + seconds))
        elapsed = time.perf_counter() - started
        cpu = time.process_time() - cpu
        server_cpu = self._server.cpu_seconds() - server_cpu
        answered = _answered(self._server) - answered
        if answered != fetches:
            raise LoadError(f"{fetches} fetches by the client, but {answered} at the server")
        return Sample(
            rate=answered / elapsed,
            cpu_us=1e6 * cpu / answered,
            server_share=100 * server_cpu / elapsed,
        )

    async def _work(self, until: float) -> int:
        return sum(await asyncio.gather(*(self._repeat(until) for _ in range(self._at_once))))

    async def _repeat(self, until: float) -> int:
        fetches = 0
        while time.perf_counter() < until:
            await self._fetch()
            fetches += 1
        return fetches


def _answered(server: ServerProcess) -> int:
    """Ask the server for how many requests it has answered."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(COUNT)
        with connection.makefile("rb") as answer:
            return int(answer.readline())


@contextmanager
def _fetching(connect: Connect, at_once: int, *, uvloop: bool) -> Iterator[Running]:
    os.sched_setaffinity(0, {server_core()})
    factory = import_module("uvloop").new_event_loop if uvloop else None
    fast = find_spec("uvloop") is not None
    with (
        server_process("canned", uvloop=fast, core=load_core()) as server,
        asyncio.Runner(loop_factory=factory) as runner,
    ):
        client = connect(f"http://127.0.0.1:{server.port}/", at_once)
        fetch = runner.run(client.__aenter__())
        try:
            yield Fetching(runner, fetch, server, at_once)
        finally:
            runner.run(client.__aexit__(None, None, None))


# Name, how it is made ready, and the modules without which it cannot take part.
CLIENTS: tuple[tuple[str, Connect, tuple[str, ...]], ...] = (
    ("etesian", documented("etesian.http_wire", "SimpleAsyncHTTPClient"), ()),
    # What looking for an answer without falling asleep gains, and what it costs.
    (
        "etesian, asleep",
        documented("etesian.http_wire", "SimpleAsyncHTTPClient", busy_poll=0),
        (),
    ),
    ("etesian curl", documented("etesian.http_wire", "CurlAsyncHTTPClient"), ("pycurl",)),
    ("tornado", documented("tornado.simple_httpclient", "SimpleAsyncHTTPClient"), ("tornado",)),
    (
        "tornado curl",
        documented("tornado.curl_httpclient", "CurlAsyncHTTPClient"),
        ("tornado", "pycurl"),
    ),
    ("aiohttp", aiohttp, ("aiohttp",)),
    ("httpx", httpx, ("httpx",)),
    ("protocol", protocol, ()),
)


def _contenders(at_once: int) -> Iterator[Contender]:
    for name, connect, needs in CLIENTS:
        start = partial(_fetching, connect, at_once)
        yield Contender(f"{name}, uvloop", partial(start, uvloop=True), (*needs, "uvloop"))
        yield Contender(name, partial(start, uvloop=False), needs)


def _suite(at_once: int) -> Suite:
    return Suite(
        title=f"{at_once} fetch{'es' * (at_once > 1)} at once of a small resource over HTTP/1.1",
        unit="fetch",
        baselines=("aiohttp, uvloop", "tornado, uvloop", "aiohttp", "tornado"),
        contenders=tuple(_contenders(at_once)),
    )


SUITES = tuple(map(_suite, CASES))
