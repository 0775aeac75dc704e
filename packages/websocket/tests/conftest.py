from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from etesian.http_wire.interface import create_server
from etesian.web.interface import Application
from etesian.websocket import WebSocketHandler
from etesian.websocket.wire.frames import FrameParser, serialise_frame

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request):
    return request.param


@pytest.fixture
async def serve(anyio_backend):
    """Start a server of these routes; give its port."""
    servers = []

    async def start(*routes, ssl_options=None, **settings):
        server = create_server(Application(list(routes), **settings), ssl_options=ssl_options)
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        server.add_sockets([listening])
        servers.append(server)
        return listening.getsockname()[1]

    yield start
    for server in servers:
        server.stop()
        await server.close_all_connections()


class RawPeer:
    """A client that can say anything: bytes out, frames in."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        self.head = b""
        self._parser = FrameParser(masked=False, max_payload=1 << 24, rsv1_allowed=True)

    def send(self, data):
        self.writer.write(data)

    def send_frame(self, opcode, payload=b"", **flags):
        self.send(serialise_frame(opcode, payload, mask_key=b"\x01\x02\x03\x04", **flags))

    async def read_head(self):
        self.head = await self.reader.readuntil(b"\r\n\r\n")
        return int(self.head.split()[1])

    def fields(self, name):
        lines = self.head.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in lines if ": " in line]
        return [value for key, value in pairs if key.lower() == name.lower()]

    async def frame(self):
        """Give the next frame, or None at the end of the stream."""
        async with asyncio.timeout(5):
            while (frame := self._parser.next_frame()) is None:
                data = await self.reader.read(65536)
                if not data:
                    return None
                self._parser.feed(data)
        return frame

    async def read_to_end(self):
        """Drop everything until the server closes; a reset is an end too."""
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionResetError):
                while await self.reader.read(65536):
                    pass


@pytest.fixture
async def raw(anyio_backend):
    """Send an opening handshake; give the peer with the head of the answer read."""
    writers = []

    async def connect(port, *extra, path="/", without=(), method="GET", version="HTTP/1.1"):
        fields = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13",
        }
        lines = [f"{k}: {v}" for k, v in fields.items() if k not in without]
        lines += [f"{k}: {v}" for k, v in extra]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        peer = RawPeer(reader, writer)
        head = "\r\n".join([f"{method} {path} {version}", *lines, "", ""])
        peer.send(head.encode("latin-1"))
        await peer.read_head()
        return peer

    yield connect
    for writer in writers:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class Recorder(WebSocketHandler):
    """Keeps what happens to it, in ``events`` of its route, and can be waited for."""

    def initialize(self, events=None, compression=None):
        self.events = events if events is not None else asyncio.Queue()
        self.compression = compression

    def get_compression_options(self):
        return self.compression

    def open(self, *args, **kwargs):
        self.events.put_nowait(("open", self))

    def on_message(self, message):
        self.events.put_nowait(("message", message))

    def on_ping(self, data):
        self.events.put_nowait(("ping", data))

    def on_pong(self, data):
        self.events.put_nowait(("pong", data))

    def on_close(self):
        self.events.put_nowait(("close", self.close_code, self.close_reason))


class Echo(Recorder):
    def on_message(self, message):
        self.write_message(message, binary=isinstance(message, bytes))


@pytest.fixture
def recorder():
    return Recorder


@pytest.fixture
def echo():
    return Echo


@pytest.fixture
async def events(anyio_backend):
    """What the handlers of a test saw, in order."""

    class Events(asyncio.Queue):
        async def next(self):
            async with asyncio.timeout(5):
                return await self.get()

    return Events()
