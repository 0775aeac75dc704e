"""Functions of a request, and connections, in the style of Tornado 4.x."""

from __future__ import annotations

import asyncio
import logging

import pytest

from etesian.tornado import httputil, web
from etesian.tornado.http1connection import HTTP1Connection
from etesian.tornado.httpserver import HTTPRequest, HTTPServer
from etesian.tornado.iostream import IOStream
from etesian.tornado.tcpclient import TCPClient
from etesian.tornado.tcpserver import TCPServer

OK = httputil.ResponseStartLine("HTTP/1.1", 200, "OK")
GET = b"GET /path HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
async def serve():
    """Serve a function or an application; give what opens a connection to it."""
    servers = []

    def start(answer):
        server = HTTPServer(answer)
        server.listen(0, "127.0.0.1")
        servers.append(server)
        port = server._listeners[0]._socket.getsockname()[1]
        return lambda: asyncio.open_connection("127.0.0.1", port)

    yield start
    for server in servers:
        server.stop()
        await server.close_all_connections()


async def ask(connect, request=GET):
    reader, writer = await connect()
    writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
    received = await reader.read()
    writer.close()
    await writer.wait_closed()
    return received


async def test_a_request_is_answered_by_its_own_methods(serve):
    seen = []

    def answer(request):
        seen.append(request)
        message = f"You requested {request.uri}\n"
        request.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(message)}\r\n\r\n{message}")
        request.finish()

    received = await ask(serve(answer))
    assert received.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n")
    assert received.endswith(b"\r\n\r\nYou requested /path\n")
    assert isinstance(seen[0], httputil.HTTPServerRequest)
    assert HTTPRequest is httputil.HTTPServerRequest
    assert seen[0].supports_http_1_1()


@pytest.mark.parametrize("step", [1, 5, 19, 1000])
async def test_a_head_that_is_written_in_pieces_is_one_head(serve, step):
    raw = b"HTTP/1.1 404 Gone Fishing\r\nX-A: 1\r\nContent-Length: 4\r\n\r\nbody"

    def answer(request):
        for start in range(0, len(raw), step):
            request.write(raw[start : start + step])
        request.finish()

    received = await ask(serve(answer))
    assert received.startswith(b"HTTP/1.1 404 Gone Fishing\r\nX-A: 1\r\nContent-Length: 4\r\n")
    assert received.endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\r\nno colon\r\n\r\n",
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
    ],
    ids=["bare line feed", "no colon", "no status line", "unfinished"],
)
async def test_a_written_out_head_is_checked_like_any_other(serve, raw, caplog):
    def answer(request):
        request.write(raw)
        request.finish()

    received = await ask(serve(answer))
    assert received.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 500 "))
    assert b"Set-Cookie" not in received
    assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) == 1


async def test_callbacks_are_told_when_the_bytes_have_drained(serve):
    told = []

    def answer(request):
        headers = httputil.HTTPHeaders({"Content-Length": "2"})
        connection = request.connection
        assert connection.write_headers(OK, headers, callback=lambda: told.append("head")) is None
        assert request.write(b"o", callback=lambda: told.append("body")) is None
        assert connection.write(b"k", callback=connection.finish) is None

    assert (await ask(serve(answer))).endswith(b"\r\n\r\nok")
    assert told == ["head", "body"]


async def test_the_close_callback_is_called_when_the_client_leaves_and_only_then(serve):
    told, requests = [], []

    def answer(request):
        requests.append(request)
        request.connection.set_close_callback(lambda: told.append(request.path))
        if request.path == "/answered":
            request.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            request.finish()

    connect = serve(answer)
    await ask(connect, b"GET /answered HTTP/1.1\r\nHost: a\r\n\r\n")
    _, writer = await connect()
    writer.write(b"GET /left HTTP/1.1\r\nHost: a\r\n\r\n")
    async with asyncio.timeout(5):
        while len(requests) < 2:  # noqa: ASYNC110 - a condition of no event
            await asyncio.sleep(0.005)
        writer.close()
        await writer.wait_closed()
        while not told:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert told == ["/left"]


async def test_handlers_have_the_same_requests(serve):
    class Handler(web.RequestHandler):
        def get(self):
            assert isinstance(self.request, httputil.HTTPServerRequest)
            self.write(str(self.request.supports_http_1_1()))

    connect = serve(web.Application([("/path", Handler)]))
    assert (await ask(connect)).endswith(b"\r\n\r\nTrue")
    assert (await ask(connect, b"GET /path HTTP/1.0\r\n\r\n")).endswith(b"\r\n\r\nFalse")


class Response(httputil.HTTPMessageDelegate):
    def __init__(self):
        self.start_line = None
        self.body = b""

    def headers_received(self, start_line, _headers):
        self.start_line = start_line

    def data_received(self, chunk):
        self.body += chunk

    def finish(self):
        pass

    def on_connection_close(self):
        pass


@pytest.mark.parametrize("written_out", [True, False])
async def test_a_connection_driven_by_hand_has_callbacks_too(written_out):
    told = []

    class Server(TCPServer):
        async def handle_stream(self, stream, _address):
            connection = HTTP1Connection(stream, False)
            await connection.read_response(Response())
            connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.finish()
            await stream.read_until_close()
            told.append("left")

    server = Server()
    server.listen(0, "127.0.0.1")
    port = server._listeners[0]._socket.getsockname()[1]
    stream = await TCPClient().connect("127.0.0.1", port)
    assert isinstance(stream, IOStream)
    connection, response = HTTP1Connection(stream, True), Response()
    connection.set_close_callback(lambda: told.append("closed"))
    if written_out:
        connection.write(GET, callback=lambda: told.append("written"))
    else:
        line = httputil.RequestStartLine("GET", "/path", "HTTP/1.1")
        headers = httputil.HTTPHeaders({"Host": "a"})
        connection.write_headers(line, headers, callback=lambda: told.append("written"))
    connection.finish()
    await connection.read_response(response)
    assert (response.start_line.code, response.body) == (200, b"ok")
    connection.close()
    async with asyncio.timeout(5):
        while len(told) < 3:  # noqa: ASYNC110 - a condition of no event
            await asyncio.sleep(0.005)
    assert told == ["written", "closed", "left"]
    server.stop()
    await asyncio.sleep(0.01)  # for the transports to end before their loop does
