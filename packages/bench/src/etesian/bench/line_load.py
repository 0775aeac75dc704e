"""The load of line servers: bursts on many connections, each sent when the last one is back."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from etesian.bench.contender import Sample
from etesian.bench.cores import load_core
from etesian.bench.wrk import CONNECTIONS, LoadError

if TYPE_CHECKING:
    from etesian.bench.server_process import ServerProcess

# Seconds. How long the last answers may take.
_PATIENCE = 10


class LineLoad:
    """``lines`` lines of ``size`` bytes in flight on each connection to a running server."""

    def __init__(self, server: ServerProcess, *, lines: int, size: int) -> None:
        self._server = server
        self._lines = lines
        self._burst = (b"x" * (size - 1) + b"\n") * lines

    def answer(self) -> bytes:
        """Give what comes back for one burst."""
        with socket.create_connection(("127.0.0.1", self._server.port), timeout=10) as connection:
            connection.sendall(self._burst)
            received = b""
            while len(received) < len(self._burst):
                received += connection.recv(65536)
            return received

    def measure(self, seconds: float) -> Sample:
        """Keep all connections busy for that long.

        Raises :class:`LoadError` when a connection breaks or an answer does not come.
        """
        os.sched_setaffinity(0, {load_core()})
        # The load must not be what is waited for.
        fast = import_module("uvloop").new_event_loop if find_spec("uvloop") else None
        with asyncio.Runner(loop_factory=fast) as runner:
            return runner.run(self._work(seconds))

    async def _work(self, seconds: float) -> Sample:
        loop = asyncio.get_running_loop()
        factory = partial(_Bursts, self._burst)
        opened = [
            await loop.create_connection(factory, "127.0.0.1", self._server.port)
            for _ in range(CONNECTIONS)
        ]
        connections = [each for _, each in opened]
        started, cpu = time.perf_counter(), self._server.cpu_seconds()
        for each in connections:
            each.begin()
        await asyncio.sleep(seconds)
        for each in connections:
            each.ending = True
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.gather(*(each.ended for each in connections))
        except TimeoutError:
            raise LoadError(f"an answer did not come within {_PATIENCE} s") from None
        elapsed = time.perf_counter() - started
        cpu = self._server.cpu_seconds() - cpu
        lines = self._lines * sum(each.answered for each in connections)
        return Sample(rate=lines / elapsed, cpu_us=1e6 * cpu / lines)


class _Bursts(asyncio.Protocol):
    """Sends a burst, waits until as much is back, sends it again; ``ended`` when told to end."""

    def __init__(self, burst: bytes) -> None:
        self._burst = burst
        self._missing = len(burst)
        self.answered = 0
        self.ending = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def begin(self) -> None:
        """Send the first burst, unless the connection broke before; ``ended`` then says so."""
        if not self._transport.is_closing():
            self._transport.write(self._burst)

    def data_received(self, data: bytes) -> None:
        self._missing -= len(data)
        if self._missing:
            return
        self.answered += 1
        self._missing = len(self._burst)
        if self.ending:
            self.ended.set_result(None)
            self._transport.close()
        else:
            self._transport.write(self._burst)

    def connection_lost(self, exc: BaseException | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(LoadError(f"a connection broke: {exc}"))
