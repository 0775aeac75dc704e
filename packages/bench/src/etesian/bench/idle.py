"""Many connections at once that ask nothing any more, and what they cost the server."""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from etesian.bench.contender import Sample
from etesian.bench.cores import load_core
from etesian.bench.serve import allow_many_files
from etesian.bench.server_process import server_process
from etesian.bench.wrk import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.bench.contender import Running
    from etesian.bench.server_process import ServerProcess

CONNECTIONS = 10_000
# Fewer than wait to be accepted in the shortest queue, of 128: one more would try again after a
# second.
AT_ONCE = 100


@dataclass(frozen=True)
class Question:
    """What each connection sends once, and how what comes back begins."""

    sent: bytes
    expected: bytes


HTTP = Question(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n", b"HTTP/1.1 200")
LINE = Question(b"hello\n", b"hello\n")


class Idle:
    """Connections to a server that starts anew each time, so that it holds nothing else."""

    def __init__(self, program: str, question: Question, *, uvloop: bool) -> None:
        self._start = partial(server_process, program, uvloop=uvloop)
        self._question = question

    def answer(self) -> bytes:
        """Give the beginning of an answer, or raise :class:`LoadError` where it is another."""
        with self._start() as server:
            self._ask(server)
        return self._question.expected

    def measure(self, seconds: float) -> Sample:
        """Open all connections; fewer where less than a second is given.

        Memory is that of one connection, beside the server's own.
        """
        os.sched_setaffinity(0, {load_core()})
        allow_many_files()
        count = round(CONNECTIONS * min(seconds, 1))
        with self._start() as server, ExitStack() as stack:
            for _ in range(20):  # what the first requests load and keep is not the connections'
                self._ask(server)
            memory, cpu, started = server.memory_kib(), server.cpu_seconds(), time.perf_counter()
            for first in range(0, count, AT_ONCE):
                self._open(server, stack, min(AT_ONCE, count - first))
            elapsed = time.perf_counter() - started
            cpu = server.cpu_seconds() - cpu
            each = (server.memory_kib() - memory) / count
        return Sample(count / elapsed, 1e6 * cpu / count, each)

    def _ask(self, server: ServerProcess) -> None:
        with ExitStack() as stack:
            self._open(server, stack, 1)

    def _open(self, server: ServerProcess, stack: ExitStack, count: int) -> None:
        # One address has ports for 28,000, and the port of the server is another one each time.
        address = ("127.0.0.1", server.port)
        opened = [
            stack.enter_context(socket.create_connection(address, timeout=10)) for _ in range(count)
        ]
        for connection in opened:
            connection.sendall(self._question.sent)
        for connection in opened:
            if not connection.recv(4096).startswith(self._question.expected):
                raise LoadError(f"a connection was not answered {self._question.expected!r}")


@contextmanager
def idle(program: str, question: Question = HTTP, *, uvloop: bool = True) -> Iterator[Running]:
    """Give the connections to a program of ``etesian.bench.programs``."""
    yield Idle(program, question, uvloop=uvloop)
