"""Which client a program gets, and how it is chosen."""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest

from etesian.http_wire.client.client import AsyncHTTPClient
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.simple_client import SimpleAsyncHTTPClient

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Dummy(AsyncHTTPClient):
    """Answers by itself."""

    def initialize(self, *, mood="fine", defaults=None):
        super().initialize(defaults=defaults)
        self.mood = mood

    def fetch_impl(self, request, callback):
        callback(HTTPResponse(request, 200, body=self.mood.encode()))


@pytest.fixture(autouse=True)
def default_configuration():
    yield
    AsyncHTTPClient.configure(None)


@pytest.mark.spec("B-HTTP-112")
async def test_one_instance_per_loop():
    client = AsyncHTTPClient()
    assert isinstance(client, SimpleAsyncHTTPClient)
    assert AsyncHTTPClient() is client
    assert SimpleAsyncHTTPClient() is client
    own = AsyncHTTPClient(force_instance=True)
    assert own is not client
    own.close()
    assert AsyncHTTPClient() is client
    client.close()
    assert AsyncHTTPClient() is not client
    AsyncHTTPClient().close()


@pytest.mark.spec("B-HTTP-112")
def test_another_loop_has_another_instance():
    async def get():
        return AsyncHTTPClient()

    assert asyncio.run(get()) is not asyncio.run(get())


def test_the_shared_client_ends_with_its_loop(anyio_backend):
    async def main():
        async def serve(reader, writer):
            try:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(OK)
                await reader.read()
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/")
            clients.append(AsyncHTTPClient())

    clients = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
    with pytest.raises(RuntimeError):
        clients[0].fetch("http://127.0.0.1/")


@pytest.mark.spec("B-HTTP-114")
async def test_defaults_count_for_what_is_unset(canned_server):
    AsyncHTTPClient.configure(None, defaults={"user_agent": "default"})
    client = AsyncHTTPClient(force_instance=True)
    async with canned_server(OK) as server:
        await client.fetch(server.url())
        await client.fetch(server.url(), user_agent="own")
    client.close()
    assert b"User-Agent: default\r\n" in server.heads[0]
    assert b"User-Agent: own\r\n" in server.heads[1]


async def test_a_default_of_none_is_none(anyio_backend):
    options = {"validate_cert": None, "follow_redirects": None, "request_timeout": None}
    client = AsyncHTTPClient(force_instance=True, defaults=options)
    request = HTTPRequest("https://a.test/").with_defaults(client.defaults)
    client.close()
    assert request.validate_cert
    assert request.follow_redirects
    assert request.request_timeout == 20


async def test_unknown_defaults_are_refused():
    with pytest.raises(TypeError, match="tiemout"):
        AsyncHTTPClient(force_instance=True, defaults={"tiemout": 1})


@pytest.mark.parametrize("by_name", [False, True])
async def test_an_implementation_is_configured(by_name):
    impl = Dummy if not by_name else "etesian.http_wire.client.simple_client.SimpleAsyncHTTPClient"
    AsyncHTTPClient.configure(impl, **({} if by_name else {"mood": "great"}))
    client = AsyncHTTPClient(force_instance=True)
    if by_name:
        assert isinstance(client, SimpleAsyncHTTPClient)
    else:
        assert (await client.fetch("http://a.test/")).body == b"great"
    client.close()


@pytest.mark.spec("B-HTTP-115")
async def test_configured_options_are_not_those_of_a_subclass_by_name():
    AsyncHTTPClient.configure(Dummy, mood="great")
    by_name = Dummy(force_instance=True)
    assert (await by_name.fetch("http://a.test/")).body == b"fine"
    configured = AsyncHTTPClient(force_instance=True, mood="odd")
    assert configured.mood == "odd"


async def test_a_fetch_runs_without_being_awaited(canned_server, client):
    async with canned_server(OK) as server:
        futures = [client.fetch(server.url()) for _ in range(3)]
        async with asyncio.timeout(10):
            while not all(future.done() for future in futures):  # noqa: ASYNC110  # awaiting them would not show it
                await asyncio.sleep(0.001)


@pytest.mark.spec("B-HTTP-161")
async def test_small_requests_leave_at_once(canned_server, client):
    import socket

    seen = []

    async def respond(number, head, body):
        (connection,) = [fetch._hop._connection for fetch in client._fetches]
        sock = connection.transport.get_extra_info("socket")
        seen.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return OK

    async with canned_server(respond) as server:
        await client.fetch(server.url())
    assert seen[0] != 0
