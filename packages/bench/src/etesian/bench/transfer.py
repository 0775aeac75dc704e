"""Bodies of 100 MB in one direction, over one connection at a time."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

from etesian.bench.contender import Sample
from etesian.bench.cores import load_core
from etesian.bench.wrk import LoadError

if TYPE_CHECKING:
    from etesian.bench.server_process import ServerProcess

SIZE = 100_000_000
# As large as a sender would make it, small enough for a processor's cache.
PIECE = 64 * 1024

UPLOAD = b"PUT /upload HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
DOWNLOAD = b"GET /download HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"


class Transfer:
    """A transfer that is repeated; what one is, a subclass says.

    Memory is how much more the server held at any time than when it started.
    """

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._memory = 0

    def answer(self) -> bytes:
        """Give what one transfer came to; it counts from here on how memory grows."""
        answer = self._transfer()
        self._memory = self._memory or self._server.memory_kib()
        return answer

    def measure(self, seconds: float) -> Sample:
        """Transfer again and again for that long, and at least once."""
        os.sched_setaffinity(0, {load_core()})
        expected, count = self.answer(), 0
        cpu, started = self._server.cpu_seconds(), time.perf_counter()
        while not count or time.perf_counter() - started < seconds:
            if (answer := self._transfer()) != expected:
                raise LoadError(f"a transfer came to {answer!r}, the one before to {expected!r}")
            count += 1
        elapsed = time.perf_counter() - started
        cpu = self._server.cpu_seconds() - cpu
        megabytes = count * SIZE / 1e6
        grown = self._server.most_memory_kib() - self._memory
        return Sample(megabytes / elapsed, 1e6 * cpu / megabytes, float(grown))

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._server.port), timeout=60)

    def _transfer(self) -> bytes:
        raise NotImplementedError


class Upload(Transfer):
    """Sends a body; the answer is how much of it was counted."""

    def _transfer(self) -> bytes:
        piece = bytes(PIECE)
        with self._connect() as connection:
            connection.sendall(UPLOAD % SIZE)
            for _ in range(SIZE // PIECE):
                connection.sendall(piece)
            connection.sendall(piece[: SIZE % PIECE])
            received = b"".join(iter(lambda: connection.recv(PIECE), b""))
        return received.partition(b"\r\n\r\n")[2]


class Download(Transfer):
    """Receives a body; the answer is how much of it came."""

    def _transfer(self) -> bytes:
        room, size, head = memoryview(bytearray(PIECE)), 0, b""
        with self._connect() as connection:
            connection.sendall(DOWNLOAD)
            while b"\r\n\r\n" not in head:
                if not (data := connection.recv(PIECE)):
                    raise LoadError(f"the server closed after {head!r}")
                head += data
            size = len(head.partition(b"\r\n\r\n")[2])
            while taken := connection.recv_into(room):
                size += taken
        return b"%d" % size
