import asyncio
import contextlib
import gzip
import io
import os
import socket
import ssl
import struct
from pathlib import Path

import pytest
import trustme

from etesian.http_wire import HTTPHeaders, HTTPServer, ResponseStartLine, WirePolicy
from etesian.http_wire.interface import HTTPOutputError
from etesian.streams.interface import StreamClosedError

OK = ResponseStartLine("HTTP/1.1", 200, "OK")
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
# More than what the buffers of two sockets on one machine take.
LARGE = os.urandom(1024) * 12 * 1024


@pytest.fixture
def large_file(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    with path.open("rb") as file:
        yield file


class Sending:
    """Answers each request by a coroutine, and keeps how it ended."""

    def __init__(self, send):
        self._send = send
        self.task = None
        self.error = None
        self.told_of_close = False

    def start_request(self, server_conn, request_conn):
        owner = self

        class Delegate:
            def headers_received(self, start_line, headers):
                pass

            def finish(self):
                owner.task = asyncio.get_running_loop().create_task(owner.run(request_conn))

            def on_connection_close(self):
                owner.told_of_close = True

        return Delegate()

    def on_close(self, server_conn):
        pass

    async def run(self, connection):
        try:
            await self._send(connection)
        except BaseException as error:
            self.error = error
            if isinstance(error, asyncio.CancelledError):
                raise


@pytest.fixture
async def serve_by(anyio_backend):
    servers = []

    def start(send, **options):
        delegate = Sending(send)
        server = delegate.server = HTTPServer(delegate, **options)
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        server.add_socket(listening)
        servers.append(server)
        return delegate, listening.getsockname()[1]

    yield start
    for server in servers:
        server.stop()
        await server.close_all_connections()


@contextlib.asynccontextmanager
async def connected(port, **options):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def opened():
    """Count what this process has open, where the system tells."""
    folder = Path("/proc/self/fd")
    return len([*folder.iterdir()]) if folder.is_dir() else 0


def sends(file, *, head, offset=0, count=None):
    async def send(connection):
        connection.write_headers(OK, HTTPHeaders(head))
        await connection.send_file(file, offset, len(LARGE) if count is None else count)
        connection.finish()

    return send


async def test_a_file_goes_out_behind_its_head_and_the_connection_lives(serve_by, large_file):
    _, port = serve_by(
        sends(large_file, head={"Content-Length": "5000000"}, offset=7, count=5_000_000)
    )
    async with connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(GET)
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"Content-Length: 5000000" in head
            assert await reader.readexactly(5_000_000) == LARGE[7:5_000_007]


async def test_what_was_written_before_and_after_keeps_its_place(serve_by, large_file):
    async def send(connection):
        connection.write_headers(OK, HTTPHeaders(), LARGE)  # more than the socket takes at once
        await connection.send_file(large_file, 1, 100)
        await connection.send_file(large_file, 0, 0)
        connection.write(b"end")
        connection.finish()

    _, port = serve_by(send)
    async with connected(port) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        assert body == LARGE + LARGE[1:101] + b"end"


async def test_over_tls_and_without_the_kernel_the_octets_are_the_same(
    serve_by, large_file, monkeypatch
):
    authority = trustme.CA()
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)
    send = sends(large_file, head={"Content-Length": str(len(LARGE))})
    _, secure_port = serve_by(send, ssl_options=server_context)
    _, plain_port = serve_by(send)

    def unavailable(*_args):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "sendfile", unavailable)
    for port, options in ((secure_port, {"ssl": client_context}), (plain_port, {})):
        async with connected(port, **options) as (reader, writer):
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(len(LARGE)) == LARGE


async def test_what_only_reads_like_a_file_is_read(serve_by, tmp_path, eventually):
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(LARGE))
    # The one has no descriptor; that of the other belongs to what is compressed.
    with gzip.open(packed) as unpacking, io.BytesIO(LARGE) as memory:
        for file in (unpacking, memory):
            sending, port = serve_by(sends(file, head={"Content-Length": "9000"}, count=9000))
            kept_open = []
            for _ in range(2):
                async with connected(port) as (reader, writer):
                    writer.write(GET)
                    await reader.readuntil(b"\r\n\r\n")
                    assert await reader.readexactly(9000) == LARGE[:9000]
                if kept_open:
                    await eventually(lambda before=kept_open[-1]: opened() <= before)
                else:
                    await asyncio.sleep(0.05)
                kept_open.append(opened())
                assert sending.error is None


async def test_head_sends_nothing_of_it(serve_by, large_file, monkeypatch):
    monkeypatch.setattr(os, "sendfile", None)
    _, port = serve_by(sends(large_file, head={"Content-Length": str(len(LARGE))}))
    async with connected(port) as (reader, writer):
        writer.write(
            GET.replace(b"GET", b"HEAD").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        )
        assert (await reader.read()).endswith(b"\r\n\r\n")


async def test_a_slow_reader_holds_the_sender_back_and_nobody_else(serve_by, large_file):
    sending, port = serve_by(sends(large_file, head={"Content-Length": str(len(LARGE))}))
    async with connected(port, limit=1024) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.05)
        assert not sending.task.done()
        async with connected(port) as (other, other_writer):
            other_writer.write(GET)
            await other.readuntil(b"\r\n\r\n")
            assert await other.readexactly(len(LARGE)) == LARGE
        assert await reader.readexactly(len(LARGE)) == LARGE


async def test_a_reader_that_takes_nothing_is_cut_by_the_deadline(serve_by, large_file, caplog):
    sending, port = serve_by(
        sends(large_file, head={"Content-Length": str(len(LARGE))}),
        policy=WirePolicy(write_stall_timeout=0.2),
    )
    async with connected(port, limit=1024) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.wait([sending.task], timeout=8)
    assert isinstance(sending.error, StreamClosedError)
    assert sending.told_of_close
    assert "stopped reading" in caplog.text


@pytest.mark.spec("S190")
async def test_a_file_that_shrinks_cuts_the_connection(serve_by, tmp_path):
    path = tmp_path / "shrinks"
    path.write_bytes(b"x" * 1000)
    with path.open("rb") as file:
        sending, port = serve_by(sends(file, head={"Content-Length": "2000"}, count=2000))
        async with connected(port) as (reader, writer):
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
            body = await reader.read()
    assert body == b"x" * 1000
    assert isinstance(sending.error, HTTPOutputError)


@pytest.mark.parametrize("close", ["orderly", "reset"])
async def test_a_peer_that_leaves_ends_the_sending_and_leaves_nothing(
    serve_by, large_file, close, eventually
):
    sending, port = serve_by(sends(large_file, head={"Content-Length": str(len(LARGE))}))
    kept_open = []
    for _ in range(3):
        sending.error = None
        async with connected(port, limit=1024) as (reader, writer):
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
            if close == "reset":
                linger = struct.pack("ii", 1, 0)
                peer = writer.get_extra_info("socket")
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
        await asyncio.wait([sending.task], timeout=8)
        assert isinstance(sending.error, StreamClosedError)
        assert sending.told_of_close
        # The loop may have opened something of its own the first time.
        if kept_open:
            await eventually(lambda: opened() <= kept_open[-1])
        else:
            await asyncio.sleep(0.05)
        kept_open.append(opened())


async def test_a_cancel_cuts_the_connection(serve_by, large_file):
    sending, port = serve_by(sends(large_file, head={"Content-Length": str(len(LARGE))}))
    async with connected(port, limit=1024) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.02)
        sending.task.cancel()
        with contextlib.suppress(ConnectionError):
            assert len(await reader.read()) < len(LARGE)


async def test_nothing_else_can_be_written_meanwhile(serve_by, large_file):
    errors = []
    tried = asyncio.Event()

    async def send(connection):
        connection.write_headers(OK, HTTPHeaders({"Content-Length": str(len(LARGE))}))
        sending = asyncio.ensure_future(connection.send_file(large_file, 0, len(LARGE)))
        await asyncio.sleep(0.01)
        for attempt in (
            lambda: connection.write(b"x"),
            lambda: connection.write_headers(OK, HTTPHeaders()),
        ):
            with pytest.raises(HTTPOutputError) as caught:
                attempt()
            errors.append(caught.value)
        with pytest.raises(HTTPOutputError):
            await connection.send_file(large_file, 0, 1)
        tried.set()
        await sending
        connection.finish()

    _, port = serve_by(send)
    async with connected(port, limit=1024) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        await tried.wait()
        assert await reader.readexactly(len(LARGE)) == LARGE
    assert len(errors) == 2


async def test_more_than_was_announced_is_refused(serve_by, large_file):
    sending, port = serve_by(sends(large_file, head={"Content-Length": "10"}))
    async with connected(port) as (reader, writer):
        writer.write(GET)
        await reader.read()
    assert isinstance(sending.error, HTTPOutputError)


async def test_a_server_that_closes_ends_the_sending(serve_by, large_file):
    sending, port = serve_by(sends(large_file, head={"Content-Length": str(len(LARGE))}))
    async with connected(port, limit=1024) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        assert not sending.task.done()
        await sending.server.close_all_connections()
        await asyncio.wait([sending.task], timeout=8)
    assert isinstance(sending.error, StreamClosedError)
