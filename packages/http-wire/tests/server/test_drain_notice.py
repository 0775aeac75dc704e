"""Responses that go on while the server shuts down."""

import asyncio
import socket

import pytest

from etesian.http_wire import HTTPHeaders, HTTPServer, ResponseStartLine

OK = ResponseStartLine("HTTP/1.1", 200, "OK")
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
async def listening(anyio_backend):
    """Give a function that serves by a callback, for a client that has the head of a response."""
    servers = []

    async def start(answer):
        server = HTTPServer(answer)
        servers.append(server)
        bound = socket.create_server(("127.0.0.1", 0))
        bound.setblocking(False)
        server.add_socket(bound)
        reader, writer = await asyncio.open_connection(*bound.getsockname())
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        return server, reader, writer

    yield start
    for server in servers:
        server.stop()
        await server.close_all_connections()


async def drained(server, reader, writer):
    """Shut a server down, and give what the client got until then."""
    async with asyncio.timeout(5):
        draining = asyncio.ensure_future(server.drain(within=30))
        received = await reader.read()
        writer.close()
        await writer.wait_closed()
        await draining
    return received


async def test_who_asked_is_told_once_and_may_end_the_response(listening):
    told = []

    def answer(request):
        connection = request.connection
        connection.write_headers(OK, HTTPHeaders(), b"begun")

        def end():
            told.append(1)
            connection.finish()

        connection.call_on_drain(end)

    server, reader, writer = await listening(answer)
    assert (await drained(server, reader, writer)).endswith(b"0\r\n\r\n")
    assert told == [1]


async def test_a_response_that_began_before_is_the_last(listening):
    connections = []

    def answer(request):
        connections.append(request.connection)
        request.connection.write_headers(OK, HTTPHeaders(), b"begun")

    server, reader, writer = await listening(answer)
    asyncio.get_running_loop().call_later(0.01, connections[0].finish)
    assert (await drained(server, reader, writer)).endswith(b"0\r\n\r\n")


async def test_after_the_response_nobody_is_told(listening):
    told = []

    def answer(request):
        connection = request.connection
        connection.write_headers(OK, HTTPHeaders({"Content-Length": "0"}))
        connection.call_on_drain(lambda: told.append(1))
        connection.finish()
        connection.call_on_drain(lambda: told.append(2))

    server, reader, writer = await listening(answer)
    assert await drained(server, reader, writer) == b""
    assert told == []


class Endless(asyncio.Protocol):
    """What a connection was given to, and goes on until it is told."""

    def __init__(self):
        self.told = 0
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport

    def begin_drain(self):
        self.told += 1
        if self.told == 1:
            self.transport.write(b"bye")
            asyncio.get_running_loop().call_later(0.02, self.transport.close)
        return self.ended

    def connection_lost(self, exc):
        self.ended.set_result(None)


async def test_a_protocol_that_was_given_the_connection_is_told_and_waited_for(listening):
    protocols = []

    def answer(request):
        connection = request.connection
        connection.write_headers(ResponseStartLine("HTTP/1.1", 101, ""), HTTPHeaders())
        protocols.append(Endless())
        connection.switch_protocol(protocols[0])

    server, reader, writer = await listening(answer)
    async with asyncio.timeout(5):
        await server.drain(within=30)
        assert protocols[0].ended.done()
        assert await reader.read() == b"bye"
    assert protocols[0].told == 2  # before and after the last requests
    writer.close()
    await writer.wait_closed()


async def test_one_that_does_not_end_is_waited_for_within_the_time(listening):
    class Stubborn(asyncio.Protocol):
        def begin_drain(self):
            return asyncio.get_running_loop().create_future()

    def answer(request):
        connection = request.connection
        connection.write_headers(ResponseStartLine("HTTP/1.1", 101, ""), HTTPHeaders())
        connection.switch_protocol(Stubborn())

    server, _, writer = await listening(answer)
    async with asyncio.timeout(5):
        await server.drain(within=0.05)
    writer.close()
    await writer.wait_closed()
