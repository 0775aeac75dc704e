"""Both loops, connected streams, and certificates that are made when the tests run."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import pytest
import trustme

from etesian.streams import IOStream, TCPClient, TCPServer, bind_sockets


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request):
    return request.param


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def server_context(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def client_context(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="session")
def certificate_files(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return folder


class _Catching(TCPServer):
    """Keeps the streams of its connections for the test."""

    def __init__(self, **options):
        super().__init__(**options)
        self.caught = asyncio.Queue()
        self.streams = []

    def handle_stream(self, stream, address):
        self.streams.append(stream)
        self.caught.put_nowait((stream, address))


@contextlib.asynccontextmanager
async def _serving(server):
    (sock,) = bind_sockets(0, "127.0.0.1")
    port = sock.getsockname()[1]
    server.add_socket(sock)
    try:
        yield port
    finally:
        server.stop()
        for stream in getattr(server, "streams", []):
            stream.close()
        # Transports close their sockets in a later turn of the loop.
        await asyncio.sleep(0.01)


@pytest.fixture
def serving():
    """``async with serving(server) as port``: the server listens there meanwhile."""
    return _serving


@pytest.fixture
async def catching():
    """A server that puts each connection, as (stream, address), into ``server.caught``."""
    server = _Catching()
    async with _serving(server) as port:
        server.port = port
        yield server


@pytest.fixture
async def connected(catching):
    """``near, far = await connected(**sizes of near)``: two ends of one connection."""
    opened = []

    async def connect(**sizes):
        _, near = await TCPClient().connect_protocol(
            lambda: IOStream(None, **sizes), "127.0.0.1", catching.port
        )
        opened.append(near)
        far, _ = await catching.caught.get()
        return near, far

    yield connect
    for stream in opened:
        stream.close()
    await asyncio.sleep(0)
