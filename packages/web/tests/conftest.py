"""A real server for a handler or an application, and a client that shares no code with it."""

import asyncio
import http.client
import io
import json
import socket

import pytest

from etesian.http_wire.interface import create_server
from etesian.web import Application


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
def anyio_backend(request):
    return request.param


class Response:
    """A response as the standard library reads it."""

    def __init__(self, raw, method):
        class Socket:
            def makefile(self, *_args, **_kwargs):
                return io.BytesIO(raw)

        parsed = http.client.HTTPResponse(Socket(), method=method)
        parsed.begin()
        self.raw = raw
        self.status = parsed.status
        self.reason = parsed.reason
        self.headers = parsed.headers
        self.body = parsed.read()
        self.text = self.body.decode(errors="replace")
        parsed.close()

    def json(self):
        return json.loads(self.body)

    def cookies(self):
        """Give what each Set-Cookie header sets, by name, without its attributes."""
        pairs = [h.partition(";")[0].partition("=") for h in self.headers.get_all("Set-Cookie", [])]
        return {name: value for name, _, value in pairs}


class Site:
    """An application that listens."""

    def __init__(self, application, server, port):
        self.application = application
        self.server = server
        self.port = port

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def fetch(self, target, method="GET", headers=None, body=None):
        """Send one request on a connection of its own and read to its end."""
        fields = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", **(headers or {})}
        if isinstance(body, str):
            body = body.encode()
            fields.setdefault("Content-Type", "application/x-www-form-urlencoded")
        if body is not None:
            fields["Content-Length"] = str(len(body))
        head = f"{method} {target} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return Response(
            await self.exchange(head.encode("latin-1") + b"\r\n" + (body or b"")), method
        )

    async def exchange(self, raw):
        """Send octets and give all that comes back until the server closes."""
        reader, writer = await self.connect()
        try:
            writer.write(raw)
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()


@pytest.fixture
async def serve(anyio_backend):
    """Give a function that serves routes with settings, or an application, for one test."""
    servers = []

    def start(routes, server_options=None, **settings):
        application = routes if isinstance(routes, Application) else None
        if application is None:
            if isinstance(routes, type):
                routes = [(r"/(?:.*)", routes)]
            application = Application(routes, **settings)
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        port = listening.getsockname()[1]
        server = create_server(application, **(server_options or {}))
        server.add_socket(listening)
        servers.append(server)
        return Site(application, server, port)

    yield start
    for server in servers:
        server.stop()
        await server.close_all_connections()
