"""HTTP/1.1 driven by hand over streams: both sides, over a real socket."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from types import SimpleNamespace

import pytest

from etesian.http_wire import (
    HTTP1Connection,
    HTTP1ConnectionParameters,
    HTTP1ServerConnection,
    HTTPHeaders,
    HTTPOutputError,
    HTTPServer,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
    encode_username_password,
)
from etesian.streams.interface import TCPClient, TCPServer

OK = ResponseStartLine("", 200, "OK")
GET = RequestStartLine("GET", "/", "HTTP/1.1")
HOST = HTTPHeaders({"Host": "a"})


class Collected:
    """Keeps one message; ``answer`` is called at its end."""

    def __init__(self, answer=None):
        self.body = b""
        self.ended = None
        self._answer = answer

    def headers_received(self, start_line, headers):
        self.start_line = start_line
        self.headers = headers

    async def data_received(self, chunk):
        self.body += chunk

    def finish(self):
        self.ended = "finish"
        if self._answer:
            self._answer(self)

    def on_connection_close(self):
        self.ended = "close"


@pytest.fixture
async def streams():
    """``ours, theirs = await streams()``: the two ends of one connection."""
    opened = []

    async def connect():
        accepted = asyncio.get_running_loop().create_future()

        class Server(TCPServer):
            def handle_stream(self, stream, address):
                accepted.set_result(stream)

        server = Server()
        server.listen(0, "127.0.0.1")
        port = server._listeners[0]._socket.getsockname()[1]
        ours = await TCPClient().connect("127.0.0.1", port)
        theirs = await accepted
        server.stop()
        opened.extend([ours, theirs])
        return ours, theirs

    yield connect
    for stream in opened:
        stream.close()
    await asyncio.sleep(0.01)


async def test_a_request_and_its_response_by_hand_on_both_sides(streams):
    ours, theirs = await streams()
    client, server = HTTP1Connection(ours, True), HTTP1Connection(theirs, False)
    for number in range(2):
        headers = HTTPHeaders({"Host": "a"})
        client.write_headers(RequestStartLine("POST", f"/{number}", "HTTP/1.1"), headers, b"hello ")
        client.write(b"world")
        client.finish()
        request = Collected()
        assert await server.read_response(request)
        assert request.start_line == ("POST", f"/{number}", "HTTP/1.1")
        assert (request.body, request.ended) == (b"hello world", "finish")
        server.write_headers(ResponseStartLine("", 103, "Early Hints"), HTTPHeaders())
        server.write_headers(OK, HTTPHeaders(), b"fine")
        server.finish()
        response = Collected()
        assert await client.read_response(response)
        assert (response.start_line.code, response.body) == (200, b"fine")


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nConnection: close\r\n\r\n", b""),
    ],
)
async def test_a_client_knows_when_the_connection_is_over(streams, raw, body):
    ours, theirs = await streams()
    client = HTTP1Connection(ours, True)
    client.write_headers(GET, HOST)
    client.finish()
    await theirs.write(raw)
    theirs.close()
    response = Collected()
    assert not await client.read_response(response)
    assert (response.body, response.ended) == (body, "finish")


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", 1),
        (b"HTTP/1.1 100 x\r\n\r\n" * 30, 1),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", 0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", 0),
        (b"HTTP/1.1 200", 0),
    ],
)
async def test_a_broken_response_ends_in_on_connection_close(streams, raw, lines, caplog):
    ours, theirs = await streams()
    client = HTTP1Connection(ours, True)
    client.write_headers(GET, HOST)
    client.finish()
    await theirs.write(raw)
    theirs.close()
    response = Collected()
    assert not await client.read_response(response)
    assert response.ended == "close"
    assert len(caplog.records) == lines


async def test_limits_and_deadlines_hold(streams, caplog):
    params = HTTP1ConnectionParameters(header_timeout=0.05)
    ours, _ = await streams()
    response = Collected()
    assert not await HTTP1Connection(ours, True, params).read_response(response)
    assert response.ended == "close"
    for change in ("set_max_body_size", "set_body_timeout"):
        ours, theirs = await streams()
        client = HTTP1Connection(ours, True)
        getattr(client, change)(0.05 if change == "set_body_timeout" else 4)
        await theirs.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell")
        response = Collected()
        assert not await client.read_response(response)
        assert response.ended == "close"
    assert [record.getMessage() for record in caplog.records] == [
        "Refused a message: no whole head within 0.05 s",
        "Refused a message: body of 5 octets, expected no more than 4",
        "Refused a message: no whole body within 0.05 s",
    ]


async def test_a_timeout_of_the_delegates_own_is_nobody_elses(streams, caplog):
    class Impatient(Collected):
        async def headers_received(self, _start_line, _headers):
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()

    ours, theirs = await streams()
    await theirs.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    with pytest.raises(TimeoutError):
        await HTTP1Connection(ours, True).read_response(Impatient())
    assert caplog.records == []


async def test_there_is_no_answer_before_a_request(streams):
    ours, _ = await streams()
    server = HTTP1Connection(ours, False)
    with pytest.raises(HTTPOutputError, match="no request"):
        server.write_headers(ResponseStartLine("HTTP/1.1", 200, "OK"), HTTPHeaders())
    with pytest.raises(HTTPOutputError, match="no request"):
        server.write(b"x")
    with pytest.raises(HTTPOutputError, match="no request"):
        server.finish()


async def test_compressed_responses_are_decoded_when_asked(streams):
    ours, theirs = await streams()
    client = HTTP1Connection(ours, True, HTTP1ConnectionParameters(decompress=True))
    body = gzip.compress(b"hello " * 1000)
    await theirs.write(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
        + body
    )
    response = Collected()
    assert await client.read_response(response)
    assert response.body == b"hello " * 1000
    assert response.headers["X-Consumed-Content-Encoding"] == "gzip"


async def test_what_is_decoded_does_not_wait_for_more_to_decode(streams, eventually):
    ours, theirs = await streams()
    client = HTTP1Connection(ours, True, HTTP1ConnectionParameters(decompress=True, chunk_size=100))
    packing = zlib.compressobj(wbits=31)
    begin = packing.compress(b"x" * 50_000) + packing.flush(zlib.Z_SYNC_FLUSH)
    end = packing.compress(b"end") + packing.flush()
    size = len(begin) + len(end)
    await theirs.write(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % size + begin
    )
    response = Collected()
    reading = asyncio.ensure_future(client.read_response(response))
    await eventually(lambda: len(response.body) == 50_000)
    await theirs.write(end)
    assert await reading
    assert response.body == b"x" * 50_000 + b"end"


async def test_output_is_checked_by_hand_too(streams):
    ours, _ = await streams()
    client = HTTP1Connection(ours, True)
    with pytest.raises(HTTPOutputError):
        client.write(b"early")
    with pytest.raises(ValueError, match="invalid request target"):
        client.write_headers(RequestStartLine("GET", "/ x", "HTTP/1.1"), HOST)
    with pytest.raises(ValueError, match="invalid method"):
        client.write_headers(RequestStartLine("GET\r\n", "/", "HTTP/1.1"), HOST)
    client.write_headers(
        RequestStartLine("PUT", "/", "HTTP/1.1"), HTTPHeaders({"Host": "a", "Content-Length": "2"})
    )
    with pytest.raises(HTTPOutputError):
        client.finish()
    with pytest.raises(HTTPOutputError):
        client.write(b"abc")


@pytest.mark.spec("B-HTTP-047")
async def test_detach_gives_the_stream_away_at_the_head(streams):
    ours, theirs = await streams()
    server = HTTP1Connection(theirs, False)

    class Leaves(Collected):
        def headers_received(self, start_line, headers):
            self.stream = server.detach()

    await ours.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    delegate = Leaves()
    assert not await server.read_response(delegate)
    assert delegate.ended is None
    await ours.write(b"raw")
    assert await delegate.stream.read_bytes(3) == b"raw"


async def test_a_stream_is_served_as_the_server_serves_its_own(streams):
    ours, theirs = await streams()
    seen = []

    class Answers:
        def start_request(self, server_conn, request_conn):
            def answer(collected):
                request = HTTPServerRequest(
                    start_line=collected.start_line,
                    headers=collected.headers,
                    connection=request_conn,
                )
                seen.append((request.path, request.remote_ip, request.protocol, collected.body))
                request_conn.write_headers(OK, HTTPHeaders({"Content-Length": "2"}), b"ok")
                request_conn.finish()

            return Collected(answer)

        def on_close(self, server_conn):
            seen.append("closed")

    connection = HTTP1ServerConnection(
        theirs, context=SimpleNamespace(remote_ip="1.2.3.4", protocol="https")
    )
    connection.start_serving(Answers())
    with pytest.raises(RuntimeError):
        connection.start_serving(Answers())
    client = HTTP1Connection(ours, True)
    for _ in range(2):
        client.write_headers(RequestStartLine("POST", "/p", "HTTP/1.1"), HOST, b"hi")
        client.finish()
        response = Collected()
        assert await client.read_response(response)
        assert response.body == b"ok"
    await connection.close()
    assert seen == [("/p", "1.2.3.4", "https", b"hi")] * 2 + ["closed"]


async def test_a_server_takes_streams_that_others_accepted(streams, recorder):
    ours, theirs = await streams()
    server = HTTPServer(recorder)
    serving = asyncio.ensure_future(server.handle_stream(theirs, ("1.2.3.4", 5)))
    await ours.write(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    await ours.read_until(b"GET /a ")
    assert recorder.requests[0].connection.context.remote_ip == "1.2.3.4"
    await server.close_all_connections()
    await serving


async def test_malformed_bytes_on_a_served_stream_are_answered(streams, recorder):
    ours, theirs = await streams()
    connection = HTTP1ServerConnection(theirs)
    connection.start_serving(recorder)
    await ours.write(b"junk\r\n\r\n")
    assert (await ours.read_until_close()).startswith(b"HTTP/1.1 400 ")
    await connection.close()
    assert recorder.requests == []


def test_credentials_are_normalised_text_or_bytes_as_they_are():
    assert encode_username_password("e\u0301", "p:w") == b"\xc3\xa9:p:w"
    assert encode_username_password(b"\xff", "x") == b"\xff:x"
