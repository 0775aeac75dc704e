"""A server on a real socket, a delegate that records, and a peer that sends any bytes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import random
import re
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from etesian.http_wire import HTTPHeaders, HTTPServer, ResponseStartLine, WirePolicy


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
def anyio_backend(request):
    return request.param


@dataclass
class Seen:
    """One request as its delegate saw it."""

    start_line: object = None
    headers: HTTPHeaders | None = None
    body: bytes = b""
    finished: bool = False
    closed: bool = False
    connection: object = None
    server_connection: object = None


class Recorder:
    """Answers every request with its method, target and body, and keeps what it saw."""

    def __init__(self, answer=None):
        self.requests: list[Seen] = []
        self.closed_connections: list[object] = []
        self._answer = answer or self.echo

    def start_request(self, server_conn, request_conn):
        seen = Seen(connection=request_conn, server_connection=server_conn)
        self.requests.append(seen)
        return RecordingDelegate(seen, self._answer)

    def on_close(self, server_conn):
        self.closed_connections.append(server_conn)

    @staticmethod
    def echo(seen):
        body = f"{seen.start_line.method} {seen.start_line.path} ".encode() + seen.body
        headers = HTTPHeaders({"Content-Length": str(len(body))})
        seen.connection.write_headers(ResponseStartLine("HTTP/1.1", 200, "OK"), headers, body)
        seen.connection.finish()

    @property
    def lines(self):
        """``GET /`` and the like, for every request that was dispatched whole."""
        return [f"{s.start_line.method} {s.start_line.path}" for s in self.requests if s.finished]


class RecordingDelegate:
    def __init__(self, seen, answer):
        self._seen = seen
        self._answer = answer

    def headers_received(self, start_line, headers):
        self._seen.start_line = start_line
        self._seen.headers = headers

    def data_received(self, chunk):
        self._seen.body += chunk

    def finish(self):
        assert not self._seen.finished
        assert not self._seen.closed
        self._seen.finished = True
        self._answer(self._seen)

    def on_connection_close(self):
        assert not self._seen.closed
        self._seen.closed = True


class Peer:
    """The far end of one connection."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        self.received = b""

    async def send(self, *pieces: bytes):
        """Send each piece so that the server sees it by itself."""
        for piece in pieces:
            with contextlib.suppress(ConnectionError):
                self.writer.write(piece)
            for _ in range(2 if len(pieces) > 1 else 0):
                await asyncio.sleep(0)

    async def read_all(self, within: float = 5.0) -> bytes:
        """Give everything until the server closes; fails when it does not."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(within):
                while data := await self.reader.read(65536):
                    self.received += data
        return self.received

    async def read_until(self, ending: bytes, within: float = 5.0) -> bytes:
        """Give everything up to the first ``ending``."""
        async with asyncio.timeout(within):
            while ending not in self.received:
                data = await self.reader.read(65536)
                assert data, f"closed after {self.received!r}"
                self.received += data
        taken, _, self.received = self.received.partition(ending)
        return taken + ending

    def reset(self):
        """Leave without a word: the server's next look at the connection is an error."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self):
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


def statuses(received: bytes) -> list[int]:
    """Give the status codes in a run of responses whose bodies hold no status line."""
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def make_recorder():
    return Recorder


@pytest.fixture
def read_statuses():
    return statuses


@pytest.fixture
async def serve():
    """``port = serve(callback, **options)``; all is closed when the test ends."""
    servers = []

    def start(callback, **options):
        server = HTTPServer(callback, **options)
        server.listen(0, "127.0.0.1")
        servers.append(server)
        start.server = server
        return server.ports[0] if hasattr(server, "ports") else _port(server)

    yield start
    for server in servers:
        server.stop()
        await server.close_all_connections()
    await asyncio.sleep(0)


def _port(server):
    return server._listeners[0]._socket.getsockname()[1]


@pytest.fixture
async def connect():
    """``peer = await connect(port)``; all are closed when the test ends."""
    peers = []

    async def start(port):
        peer = Peer(*await asyncio.open_connection("127.0.0.1", port))
        peers.append(peer)
        return peer

    yield start
    for peer in peers:
        await peer.close()


@dataclass
class Outcome:
    """What a run of bytes led to."""

    statuses: list[int]
    received: bytes
    dispatched: list[str]
    log: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


def cuts(raw: bytes) -> dict[str, list[bytes]]:
    """Cut ``raw`` every way that a test should try."""
    rng = random.Random(len(raw))
    at = sorted(rng.sample(range(1, len(raw)), min(5, len(raw) - 1))) if len(raw) > 1 else []
    bounds = [0, *at, len(raw)]
    return {
        "whole": [raw],
        "random": [raw[a:b] for a, b in itertools.pairwise(bounds)],
        # Of a long run only the edges go byte by byte: the middle is more of the same.
        "bytes": [*_single_bytes(raw[:600]), raw[600:-100], *_single_bytes(raw[600:][-100:])]
        if len(raw) > 800
        else _single_bytes(raw),
    }


def _single_bytes(raw: bytes) -> list[bytes]:
    return [raw[i : i + 1] for i in range(len(raw))]


@pytest.fixture
async def attack(serve, connect, caplog):
    """``await attack(raw, cut)`` sends bytes to a server and gives the outcome.

    The server must close the connection, and at the end of the test serve one
    more.
    """

    started = {}

    async def run(raw, cut="whole", *, end=False, answer=None, **options):
        if not started:
            started["recorder"] = Recorder(answer)
            started["port"] = serve(started["recorder"], **options)
        port, recorder = started["port"], started["recorder"]
        recorder.requests.clear()
        caplog.clear()
        caplog.set_level(logging.INFO, "etesian.general")
        peer = await connect(port)
        await peer.send(*cuts(raw)[cut])
        if end:
            with contextlib.suppress(OSError):
                peer.writer.write_eof()
        received = await peer.read_all()
        log = [r.getMessage() for r in caplog.records if r.name.startswith("etesian")]
        dispatched = recorder.lines
        bodies = [seen.body for seen in recorder.requests if seen.finished]
        await peer.close()
        return Outcome(statuses(received), received, dispatched, log, bodies)

    yield run
    await _serves_the_next(connect, started["port"])


async def _serves_the_next(connect, port):
    peer = await connect(port)
    await peer.send(b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert statuses(await peer.read_all()) == [200]
    await peer.close()


@pytest.fixture
def quick_policy():
    """Deadlines of tenths of a second, for tests that run into them."""
    return WirePolicy(header_timeout=0.1, idle_timeout=0.1, body_grace=0.1, write_stall_timeout=0.2)


@pytest.fixture
def corpora():
    """The shared request corpora beside the repository."""
    folder = Path(__file__).parents[3].parent / "shared" / "corpora"
    if not folder.is_dir():
        pytest.skip("no shared/corpora beside the repository")
    return folder
