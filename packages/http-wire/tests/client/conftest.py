"""Servers that say exactly what a test tells them to, over real sockets."""

from __future__ import annotations

import asyncio
import inspect
import ssl
from contextlib import asynccontextmanager, suppress
from importlib import import_module

import pytest
import trustme

from etesian.http_wire.client.simple_client import SimpleAsyncHTTPClient


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request):
    return request.param


class CannedServer:
    """Answers request number ``n`` with what ``respond(n, head, body)`` gives.

    Bytes are sent as they are; ``None`` closes the connection, and a response
    that ends in ``CLOSE`` closes it after the bytes before.
    """

    CLOSE = b"<close>"

    def __init__(self, respond):
        self._respond = respond
        self._tasks = set()
        self.writers = []
        self.heads = []
        self.bodies = []
        self.connections = 0
        self.port = None
        self.scheme = "http"
        self._open = 0
        self._all_closed = asyncio.Event()
        self._all_closed.set()

    def url(self, path="/", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    async def serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        self.writers.append(writer)
        self.connections += 1
        self._open += 1
        self._all_closed.clear()
        try:
            with suppress(
                asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError, ssl.SSLError
            ):
                while await self._serve_one(reader, writer):
                    pass
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            self._tasks.discard(task)
            self._open -= 1
            if not self._open:
                self._all_closed.set()

    async def _serve_one(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        number = len(self.heads)
        body = await self._read_body(reader, head)
        self.bodies.append(body)
        answer = self._respond(number, head, body)
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is None:
            return False
        writer.write(answer.removesuffix(self.CLOSE))
        await writer.drain()
        return not answer.endswith(self.CLOSE)

    @staticmethod
    async def _read_body(reader, head):
        lowered = head.lower()
        if b"expect: 100-continue" in lowered:
            return b""
        if b"content-length: " in lowered:
            length = lowered.split(b"content-length: ")[1].split(b"\r\n")[0]
            return await reader.readexactly(int(length))
        if b"transfer-encoding: chunked" in lowered:
            return await reader.readuntil(b"0\r\n\r\n")
        return b""

    async def stop(self):
        """End all connections."""
        for task in list(self._tasks):
            task.cancel()
        for writer in self.writers:
            # A client that keeps its connection may never answer the polite end of TLS.
            writer.transport.abort()
        await self._all_closed.wait()


@pytest.fixture
def canned_server():
    """Give an async context manager: ``canned_server(respond)`` or ``canned_server(b"...")``."""

    @asynccontextmanager
    async def serving(respond, *, tls=None, host="127.0.0.1"):
        answer = respond if callable(respond) else lambda *_: respond
        canned = CannedServer(answer)
        server = await asyncio.start_server(canned.serve, host, 0, ssl=tls)
        canned.port = server.sockets[0].getsockname()[1]
        canned.scheme = "http" if tls is None else "https"
        try:
            yield canned
        finally:
            for _ in range(5):
                # Turns in which those that were accepted come to be served: asyncio would neither
                # serve nor close one that its server was closed before.
                await asyncio.sleep(0)
            server.close()
            await canned.stop()
            await server.wait_closed()

    return serving


@pytest.fixture
async def client(anyio_backend):
    client = SimpleAsyncHTTPClient(force_instance=True)
    yield client
    client.close()
    await asyncio.sleep(0)


@pytest.fixture
async def make_client(anyio_backend):
    """Give a function that makes clients with options, closed at the end."""
    made = []

    def make(**options):
        made.append(SimpleAsyncHTTPClient(force_instance=True, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
    await asyncio.sleep(0)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(scope="session")
def server_tls(authority):
    """Give a function: a server's context with a certificate for these names."""

    def make(*names):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
        return context

    return make


PROXIED = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
WHO = b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"


class Proxy:
    """Answers plain requests itself, and tunnels for CONNECT; asks for credentials."""

    def __init__(self):
        self.heads = []
        self.connections = 0
        self._tasks = set()
        self._writers = []
        self.opens = True
        self.tunnel_answer = b"HTTP/1.1 200 Established\r\nX-Proxy: yes\r\n\r\n"

    async def serve(self, reader, writer):
        self.connections += 1
        self._tasks.add(asyncio.current_task())
        self._writers.append(writer)
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        if b"Proxy-Authorization: " not in head:
            writer.write(WHO)
        elif head.startswith(b"CONNECT "):
            writer.write(self.tunnel_answer)
            await (self._tunnel(head, reader, writer) if self.opens else reader.read())
        else:
            writer.write(PROXIED)

    async def _tunnel(self, head, reader, writer):
        host, port = head.split(b" ")[1].decode().rsplit(":", 1)
        onward_reader, onward_writer = await asyncio.open_connection(host, int(port))
        self._writers.append(onward_writer)

        async def pump(source, sink):
            with suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
            sink.close()

        await asyncio.gather(pump(reader, onward_writer), pump(onward_reader, writer))

    async def stop(self):
        """End all connections; their tasks follow."""
        while not all(task.done() for task in self._tasks):
            # Again and again: a task may be about to open its way onward.
            for writer in self._writers:
                writer.transport.abort()
            await asyncio.wait(self._tasks, timeout=0.01)


@pytest.fixture
async def proxy(anyio_backend):
    proxy = Proxy()
    async with _serving(proxy, None):
        yield proxy


@pytest.fixture
async def tls_proxy(anyio_backend, authority, server_tls):
    """Give a proxy that is spoken to over TLS itself."""
    proxy = Proxy()
    async with _serving(proxy, server_tls()):
        proxy.options["proxy_ssl_options"] = ssl.create_default_context()
        authority.configure_trust(proxy.options["proxy_ssl_options"])
        yield proxy


@asynccontextmanager
async def _serving(proxy, tls):
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, ssl=tls)
    proxy.port = server.sockets[0].getsockname()[1]
    proxy.options = {
        "proxy_host": "127.0.0.1",
        "proxy_port": proxy.port,
        "proxy_username": "pu",
        "proxy_password": "p:w",
    }
    yield
    server.close()
    await proxy.stop()
    await server.wait_closed()
    # Those behind the tunnels hear of their end a moment later.
    await asyncio.sleep(0.01)


@pytest.fixture(params=["pooled", "curl"])
async def make_either(anyio_backend, request):
    """Give a function that makes clients of each kind, for what both promise."""
    kind = SimpleAsyncHTTPClient
    if request.param == "curl":
        pytest.importorskip("pycurl", reason="the extra curl is not installed")
        kind = import_module("etesian.http_wire").CurlAsyncHTTPClient
    made = []

    def make(**options):
        made.append(kind(force_instance=True, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
    await asyncio.sleep(0)


@pytest.fixture
async def either(make_either):
    """Give a client of each kind."""
    return make_either()
