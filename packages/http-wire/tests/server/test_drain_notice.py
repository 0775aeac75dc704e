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
