"""Many requests of every kind, and the memory of the server between them."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import cycle
from typing import TYPE_CHECKING, cast

from etesian.bench.cores import load_core
from etesian.bench.server_process import server_process
from etesian.bench.site import CASES, folder_of_files
from etesian.bench.wrk import CONNECTIONS, LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEAD_END = b"\r\n\r\n"
LENGTH = b"Content-Length: "


def measure(requests: int, step: int, say: Callable[[str], None]) -> int:
    """Ask the site of Etesian, and say after each ``step`` of requests what is resident, in KiB.

    Gives by how much more that was at the end than after the first step. Raises
    :class:`LoadError` where a connection ends.
    """
    os.sched_setaffinity(0, {load_core()})
    uvloop = find_spec("uvloop") is not None
    factory = import_module("uvloop").new_event_loop if uvloop else None
    first = last = 0
    with (
        folder_of_files() as environment,
        server_process("web_etesian", uvloop=uvloop, environment=environment) as server,
        asyncio.Runner(loop_factory=factory) as runner,
    ):
        load = MixedLoad(server.port)
        runner.run(load.connect())
        for done in range(step, requests + 1, step):
            runner.run(load.ask(step))
            last = server.memory_kib()
            first = first or last
            say(f"{done:>9,} requests: {last:,} KiB")
        runner.run(load.close())
    return last - first


def mixture() -> list[bytes]:
    """Give a request of each case, and one for a path that is not there."""
    host = b" HTTP/1.1\r\nHost: bench\r\n"
    requests = [b"GET /nowhere" + host + b"\r\n"]
    for case in CASES.values():
        if case.post_size:
            length = LENGTH + b"%d" % case.post_size
            body = HEAD_END + b"x" * case.post_size
            requests.append(b"POST " + case.path.encode() + host + length + body)
        else:
            requests.append(b"GET " + case.path.encode() + host + b"\r\n")
    return requests


class MixedLoad:
    """Connections that each ask for one after the other of the mixture."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections: list[_Asking] = []

    async def connect(self) -> None:
        """Open all connections, each at another place of the mixture."""
        loop = asyncio.get_running_loop()
        requests = mixture()
        for number in range(CONNECTIONS):
            start = number % len(requests)
            turn = requests[start:] + requests[:start]
            asks = partial(_Asking, turn)
            _, asking = await loop.create_connection(asks, "127.0.0.1", self._port)
            self._connections.append(asking)

    async def ask(self, count: int) -> None:
        """Send so many requests in all, and wait for their answers."""
        shares = [count // CONNECTIONS + (n < count % CONNECTIONS) for n in range(CONNECTIONS)]
        pairs = zip(self._connections, shares, strict=True)
        await asyncio.gather(*[each.ask(share) for each, share in pairs if share])

    async def close(self) -> None:
        """Close all connections."""
        for each in self._connections:
            each.transport.close()
        await asyncio.gather(*[each.closed for each in self._connections])


class _Asking(asyncio.Protocol):
    """Sends the next request when the answer to the last is whole."""

    transport: asyncio.Transport

    def __init__(self, requests: Iterable[bytes]) -> None:
        self._requests = cycle(requests)
        self._left = 0
        self._owed = 0  # octets of the body that is coming
        self._received = b""
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def ask(self, count: int) -> asyncio.Future[None]:
        """Send so many requests, one after the other; done with the last answer."""
        self._left = count
        self._answered = asyncio.get_running_loop().create_future()
        self._next()
        return self._answered

    def _next(self) -> None:
        if self._left == 0:
            self._answered.set_result(None)
            return
        self._left -= 1
        self.transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        if self._owed == 0:
            self._received += data
            head, end, data = self._received.partition(HEAD_END)
            if not end:
                return
            self._received = b""
            self._owed = int(head.partition(LENGTH)[2].partition(b"\r")[0])
        self._owed -= len(data)
        if self._owed == 0:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(LoadError(f"a connection ended: {exc}"))
        self.closed.set_result(None)
