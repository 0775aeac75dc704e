"""Leaving HTTP: the transport, and the bytes behind the head, go to the protocol."""

from __future__ import annotations

import asyncio

import pytest

from etesian.http_wire.client.errors import (
    HTTPClientError,
    HTTPProtocolError,
    HTTPStreamClosedError,
    HTTPTimeoutError,
)
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.upgrade import connect_upgrade
from etesian.streams.interface import TCPClient

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"
FIELDS = {"Upgrade": "echo", "Connection": "Upgrade"}


class Echo(asyncio.Protocol):
    def __init__(self, response):
        self.response = response
        self.received = b""
        self.whole = asyncio.Event()
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        if self.received.endswith(b"late"):
            self.whole.set()

    def connection_lost(self, exc):
        self.lost.set_result(exc)


class BufferedEcho(asyncio.BufferedProtocol):
    """Takes the same, three octets at a time."""

    __init__ = Echo.__init__
    connection_made = Echo.connection_made
    connection_lost = Echo.connection_lost

    def get_buffer(self, sizehint):
        self.buffer = bytearray(3)
        return self.buffer

    def buffer_updated(self, nbytes):
        Echo.data_received(self, self.buffer[:nbytes])


def request(server, **options):
    return HTTPRequest(server.url("/echo"), headers=FIELDS, **options)


@pytest.mark.parametrize("factory", [Echo, BufferedEcho])
async def test_the_protocol_gets_the_transport_and_what_came_early(canned_server, factory):
    async def respond(number, head, body):
        writer = server.writers[-1]
        writer.write(SWITCH + b"early ")
        await asyncio.sleep(0.01)
        writer.write(b"and late")
        return b""

    async with canned_server(respond) as server:
        protocol = await connect_upgrade(request(server), factory)
        assert protocol.received.startswith(b"early ")
        assert protocol.response.code == 101
        assert protocol.response.headers["Upgrade"] == "echo"
        await asyncio.wait_for(protocol.whole.wait(), 10)
        assert protocol.received == b"early and late"
        protocol.transport.close()
        assert await protocol.lost is None
    assert b"Upgrade: echo\r\n" in server.heads[0]


async def test_over_tls(canned_server, server_tls, ca_file):
    async with canned_server(SWITCH + b"early", tls=server_tls()) as server:
        protocol = await connect_upgrade(request(server, ca_certs=ca_file), Echo)
        assert protocol.received == b"early"
        protocol.transport.abort()
        await protocol.lost


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\ntext",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntext",
        b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 4\r\n\r\ntext",
    ],
)
async def test_another_status_is_an_error_with_its_response(canned_server, answer):
    async with canned_server(answer) as server:
        with pytest.raises(HTTPClientError) as caught:
            await connect_upgrade(request(server), Echo)
    assert caught.value.code == caught.value.response.code == int(answer[9:12])
    assert caught.value.response.body == b"text"
    assert len(server.heads) == 1


async def test_the_factory_may_refuse_what_the_server_says(canned_server):
    def refuse(response):
        raise ZeroDivisionError

    async with canned_server(SWITCH) as server:
        with pytest.raises(ZeroDivisionError):
            await connect_upgrade(request(server), refuse)


async def test_credentials_of_the_url_are_sent(canned_server):
    async with canned_server(SWITCH) as server:
        asked = HTTPRequest(server.url().replace("//", "//u:p@"), headers=FIELDS)
        protocol = await connect_upgrade(asked, Echo)
        protocol.transport.abort()
        await protocol.lost
    assert b"Authorization: Basic dTpw\r\n" in server.heads[0]


async def test_digest_is_refused_before_a_password_is_shown(canned_server):
    async with canned_server(SWITCH) as server:
        asked = request(server, auth_username="u", auth_password="p", auth_mode="digest")
        with pytest.raises(ValueError, match="digest"):
            await connect_upgrade(asked, Echo)
    assert server.connections == 0


@pytest.mark.parametrize("method", ["connection_made", "data_received"])
async def test_what_the_protocol_raises_at_its_beginning_is_raised(canned_server, method):
    made = []

    class Stumbling(Echo):
        pass

    def stumble(self, _):
        made.append(self)
        raise ZeroDivisionError

    setattr(Stumbling, method, stumble)
    async with canned_server(SWITCH + b"early") as server:
        with pytest.raises(ZeroDivisionError):
            await connect_upgrade(request(server, request_timeout=5), Stumbling)
        await asyncio.wait_for(made[0].lost, 5)


async def test_a_cancellation_together_with_the_switch_closes_the_connection(canned_server):
    made = []

    class Cancelling(Echo):
        def connection_made(self, transport):
            made.append(self)
            # Once the outcome is there, and before who waits for it runs.
            asyncio.get_running_loop().call_soon(asking.cancel)

    async with canned_server(SWITCH) as server:
        asking = asyncio.ensure_future(connect_upgrade(request(server), Cancelling))
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(made[0].lost, 5)


async def test_failures(canned_server):
    async with canned_server(b"<close>") as server:
        with pytest.raises(HTTPStreamClosedError):
            await connect_upgrade(request(server), Echo)
    async with canned_server(b"SSH-2.0\r\n\r\n") as server:
        with pytest.raises(HTTPProtocolError):
            await connect_upgrade(request(server), Echo)
    async with canned_server(lambda *_: asyncio.sleep(30)) as server:
        with pytest.raises(HTTPTimeoutError, match=r"for the response, request_timeout is 0\.5"):
            await connect_upgrade(request(server, request_timeout=0.5), Echo)
        waiting = asyncio.ensure_future(connect_upgrade(request(server), Echo))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    with pytest.raises(OSError, match=r"."):
        await connect_upgrade(HTTPRequest("http://127.0.0.1:1/", headers=FIELDS), Echo)


class Failing(Echo):
    """Fails in one of the calls that it gets within the upgrade."""

    def __init__(self, response, fails_in):
        super().__init__(response)
        self.fails_in = fails_in

    def connection_made(self, transport):
        super().connection_made(transport)
        if self.fails_in == "connection_made":
            raise StopIteration

    def data_received(self, data):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("fails_in", "error"), [("connection_made", RuntimeError), ("data_received", ZeroDivisionError)]
)
async def test_what_the_protocol_raises_at_first_closes_the_connection(
    canned_server, fails_in, error
):
    made = []

    def factory(response):
        made.append(Failing(response, fails_in))
        return made[0]

    async with canned_server(SWITCH + b"early") as server:
        with pytest.raises(error):
            await asyncio.wait_for(connect_upgrade(request(server), factory), 5)
        assert await asyncio.wait_for(made[0].lost, 5) is None


async def test_a_cancellation_at_any_turn_leaves_no_connection_behind(canned_server):
    made = []

    def factory(response):
        made.append(Echo(response))
        return made[-1]

    async with canned_server(SWITCH) as server:
        turns = 0
        while True:
            upgrading = asyncio.ensure_future(connect_upgrade(request(server), factory))
            for _ in range(turns):
                await asyncio.sleep(0)
            upgrading.cancel()
            await asyncio.wait([upgrading])
            if not upgrading.cancelled():
                break
            turns += 1
        upgrading.result().transport.abort()
        async with asyncio.timeout(5):
            await asyncio.gather(*(protocol.lost for protocol in made))
    assert turns > 3


async def test_a_factory_that_cancels_whoever_waits_leaves_no_connection_behind(canned_server):
    made = []

    def factory(response):
        upgrading.cancel()
        made.append(Echo(response))
        return made[0]

    async with canned_server(SWITCH) as server:
        upgrading = asyncio.ensure_future(connect_upgrade(request(server), factory))
        await asyncio.wait([upgrading])
        assert upgrading.cancelled()
        assert await asyncio.wait_for(made[0].lost, 5) is None


class Lingering(TCPClient):
    """Gives a connection when its end has long been there."""

    async def connect_protocol(self, *args, **options):
        made = await super().connect_protocol(*args, **options)
        await asyncio.sleep(0.05)
        return made


async def test_a_connection_that_ended_before_the_request_is_an_error():
    async def leave(reader, writer):
        writer.close()

    server = await asyncio.start_server(leave, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    tcp_client = Lingering()
    try:
        async with asyncio.timeout(5):
            with pytest.raises(HTTPStreamClosedError, match="before the request"):
                await connect_upgrade(
                    HTTPRequest(url, headers=FIELDS, request_timeout=0), Echo, tcp_client=tcp_client
                )
    finally:
        tcp_client.close()
        server.close()
        await server.wait_closed()
