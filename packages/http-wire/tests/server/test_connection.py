"""The conversation on one connection: order, keep-alive, failures, leaving HTTP."""

from __future__ import annotations

import asyncio
import contextvars
import logging

import pytest

from etesian.http_wire import HTTPHeaders, HTTPInputError, HTTPOutputError, ResponseStartLine
from etesian.streams.interface import StreamClosedError

OK = ResponseStartLine("", 200, "OK")
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.mark.spec("B-HTTP-001")
@pytest.mark.spec("B-HTTP-005")
@pytest.mark.spec("B-HTTP-008")
async def test_connection_stays_open_until_close_is_asked(serve, connect, recorder):
    peer = await connect(serve(recorder))
    await peer.send(GET)
    first = await peer.read_until(b"GET / ")
    assert b"Connection" not in first
    await peer.send(LAST)
    assert b"Connection: close" in await peer.read_all()
    assert recorder.lines == ["GET /", "GET /last"]


@pytest.mark.spec("B-HTTP-002")
@pytest.mark.spec("B-HTTP-003")
async def test_http_1_0_closes_unless_keep_alive_is_asked_in_any_case(serve, connect, recorder):
    port = serve(recorder)
    peer = await connect(port)
    await peer.send(b"GET / HTTP/1.0\r\nConnection: KEEP-Alive\r\n\r\n")
    head = await peer.read_until(b"GET / ")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"Connection: keep-alive\r\n" in head
    await peer.send(b"GET / HTTP/1.0\r\n\r\n")
    assert b"Connection: close\r\n" in await peer.read_all()


@pytest.mark.spec("B-HTTP-004")
async def test_no_keep_alive_closes_after_each_response(serve, connect, recorder):
    peer = await connect(serve(recorder, no_keep_alive=True))
    await peer.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert b"Connection: close\r\n" in await peer.read_all()


@pytest.mark.spec("B-HTTP-006")
@pytest.mark.spec("S031")
async def test_pipelined_requests_are_answered_in_order(serve, connect, make_recorder, eventually):
    slow = asyncio.Event()

    def answer(seen):
        async def later():
            await slow.wait()
            recorder.echo(seen)

        if seen.start_line.path == "/slow":
            tasks.append(asyncio.ensure_future(later()))
        else:
            recorder.echo(seen)

    tasks = []
    recorder = make_recorder(answer)
    peer = await connect(serve(recorder))
    await peer.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + GET + LAST)
    await eventually(lambda: recorder.lines)
    assert recorder.lines == ["GET /slow"]
    slow.set()
    received = await peer.read_all()
    assert received.index(b"GET /slow ") < received.index(b"GET / ") < received.index(b"GET /last ")


@pytest.mark.spec("S032")
async def test_a_pipeline_flood_pauses_reading(serve, connect, make_recorder, eventually):
    held = []
    recorder = make_recorder(held.append)
    peer = await connect(serve(recorder))
    await peer.send(GET * 100_000)
    await eventually(lambda: recorder.requests)
    connection = recorder.requests[0].server_connection
    await eventually(lambda: not connection.transport.is_reading())
    assert len(recorder.requests) == 1
    assert len(connection._buffer) < 400_000
    recorder._answer = recorder.echo
    recorder.echo(held[0])
    await peer.read_until(b"GET / ")
    peer.writer.transport.abort()


@pytest.mark.spec("B-HTTP-009")
async def test_closing_an_idle_connection_logs_nothing(
    serve, connect, recorder, caplog, eventually
):
    caplog.set_level(logging.INFO)
    peer = await connect(serve(recorder))
    await peer.send(GET)
    await peer.read_until(b"GET / ")
    await peer.close()
    await eventually(lambda: recorder.closed_connections)
    assert recorder.closed_connections == [recorder.requests[0].server_connection]
    assert [r for r in caplog.records if r.name.startswith("etesian")] == []


@pytest.mark.spec("B-HTTP-044")
async def test_server_and_request_connection_are_two_objects(serve, connect, recorder):
    peer = await connect(serve(recorder))
    await peer.send(GET + LAST)
    await peer.read_all()
    first, second = recorder.requests
    assert first.connection is not first.server_connection
    assert first.server_connection is second.server_connection
    assert first.connection is not second.connection


@pytest.mark.spec("B-HTTP-046")
@pytest.mark.parametrize("body", [b"", b"he"])
async def test_a_peer_that_leaves_in_the_body_is_told_once(
    serve, connect, recorder, body, eventually
):
    peer = await connect(serve(recorder))
    await peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" + body)
    await eventually(lambda: recorder.requests)
    peer.writer.transport.abort()
    await eventually(lambda: recorder.closed_connections)
    assert recorder.requests[0].closed
    assert not recorder.requests[0].finished


async def test_a_peer_that_leaves_before_the_answer_is_told(
    serve, connect, make_recorder, eventually
):
    recorder = make_recorder(lambda seen: None)
    peer = await connect(serve(recorder))
    await peer.send(GET)
    await eventually(lambda: recorder.requests)
    peer.reset()
    await eventually(lambda: recorder.closed_connections)
    seen = recorder.requests[0]
    assert seen.closed
    with pytest.raises(StreamClosedError):
        await seen.connection.write_headers(OK, HTTPHeaders(), b"too late")
    seen.connection.finish()


async def test_a_half_closed_peer_still_gets_its_answer(serve, connect, make_recorder):
    def answer(seen):
        asyncio.get_running_loop().call_later(0.03, recorder.echo, seen)

    recorder = make_recorder(answer)
    peer = await connect(serve(recorder))
    await peer.send(GET)
    peer.writer.write_eof()
    assert (await peer.read_all()).endswith(b"GET / ")
    assert recorder.requests[0].closed  # most that end their side have left


async def test_a_failing_delegate_is_logged_and_answered_500(serve, connect, make_recorder, caplog):
    def answer(seen):
        raise RuntimeError("a bug")

    peer = await connect(serve(make_recorder(answer)))
    await peer.send(GET + GET)
    received = await peer.read_all()
    assert received.startswith(b"HTTP/1.1 500 ")
    assert b"bug" not in received
    assert [r.name for r in caplog.records] == ["etesian.application"]


async def test_an_input_error_of_the_delegate_is_answered_by_its_status(
    serve, connect, make_recorder
):
    def answer(seen):
        raise HTTPInputError("too odd", 413)

    peer = await connect(serve(make_recorder(answer)))
    await peer.send(GET)
    assert (await peer.read_all()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.spec("S190")
async def test_a_failure_after_the_head_is_never_a_clean_end(serve, connect, make_recorder):
    def answer(seen):
        seen.connection.write_headers(OK, HTTPHeaders(), b"part")
        raise RuntimeError("a bug")

    peer = await connect(serve(make_recorder(answer)))
    await peer.send(GET)
    received = await peer.read_all()
    assert not received.endswith(b"0\r\n\r\n")
    assert b" 500 " not in received


@pytest.mark.spec("S191")
async def test_nothing_of_a_response_reaches_the_next_request(serve, connect, recorder):
    peer = await connect(serve(recorder))
    await peer.send(GET)
    await peer.read_until(b"GET / ")
    old = recorder.requests[0].connection
    with pytest.raises(HTTPOutputError):
        old.write(b"stale")
    with pytest.raises(HTTPOutputError):
        old.write_headers(OK, HTTPHeaders())
    await peer.send(LAST)
    assert b"stale" not in await peer.read_all()


@pytest.mark.spec("S191")
async def test_context_variables_of_a_request_are_not_seen_by_the_next(
    serve, connect, make_recorder
):
    variable = contextvars.ContextVar("variable", default="unset")
    seen_values = []

    def answer(seen):
        seen_values.append(variable.get())
        variable.set("set")
        recorder.echo(seen)

    recorder = make_recorder(answer)
    peer = await connect(serve(recorder))
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
    await peer.send(GET + GET + post + post)
    await peer.send(LAST)
    await peer.read_all()
    assert seen_values == ["unset"] * 5


async def test_the_news_that_the_peer_left_comes_in_the_context_of_the_request(
    serve, connect, eventually
):
    variable = contextvars.ContextVar("variable", default="unset")

    class Waiting:
        def start_request(self, server_conn, request_conn):
            return self

        def headers_received(self, start_line, headers):
            variable.set(start_line.path)

        def finish(self):
            seen.append("begun")

        def on_connection_close(self):
            seen.append(variable.get())

        def on_close(self, server_conn):
            pass

    seen = []
    peer = await connect(serve(Waiting()))
    await peer.send(GET)
    await eventually(lambda: seen)
    await peer.close()
    await eventually(lambda: len(seen) == 2)
    assert seen == ["begun", "/"]


async def test_a_coroutine_takes_the_body_in_the_context_of_the_request(serve, connect, eventually):
    variable = contextvars.ContextVar("variable", default="unset")

    class Taking:
        def start_request(self, server_conn, request_conn):
            self.connection = request_conn
            return self

        def headers_received(self, start_line, headers):
            variable.set(start_line.path)

        async def data_received(self, chunk):
            seen.append(variable.get())

        def finish(self):
            self.connection.write_headers(OK, HTTPHeaders({"Content-Length": "0"}))
            self.connection.finish()

        def on_close(self, server_conn):
            pass

        on_connection_close = None

    seen = []
    peer = await connect(serve(Taking()))
    for path in (b"/a", b"/b"):
        await peer.send(b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
        await peer.send(b"h", b"i")
        await peer.read_until(b"\r\n\r\n")
    assert set(seen) == {"/a", "/b"}


@pytest.mark.spec("B-HTTP-047")
async def test_detach_hands_out_the_stream_with_what_was_read(serve, connect, eventually):
    streams = []

    class Leaves:
        def start_request(self, server_conn, request_conn):
            self.connection = request_conn
            return self

        def headers_received(self, start_line, headers):
            streams.append(self.connection.detach())

        def on_close(self, server_conn):
            streams.append("ended")

    peer = await connect(serve(Leaves()))
    await peer.send(GET + b"raw\n")
    await eventually(lambda: len(streams) == 2)
    stream = streams[streams.index("ended") - 1]
    assert await stream.read_until(b"\n") == b"raw\n"
    await stream.write(b"answer")
    stream.close()
    assert await peer.read_all() == b"answer"


@pytest.mark.parametrize("base", [asyncio.Protocol, asyncio.BufferedProtocol])
async def test_switch_protocol_passes_on_the_bytes_behind_the_head(
    serve, connect, make_recorder, base
):
    class Echo(base):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            self.transport.write(data.upper())

        def get_buffer(self, sizehint):
            self.buffer = bytearray(3)
            return self.buffer

        def buffer_updated(self, nbytes):
            self.data_received(bytes(self.buffer[:nbytes]))

    def answer(seen):
        seen.connection.write_headers(
            ResponseStartLine("", 101, "Switching Protocols"),
            HTTPHeaders({"Upgrade": "echo", "Connection": "Upgrade"}),
        )
        seen.connection.switch_protocol(Echo())

    recorder = make_recorder(answer)
    peer = await connect(serve(recorder))
    await peer.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\r\nahead")
    head = await peer.read_until(b"\r\n\r\n")
    assert b"Connection: Upgrade\r\n" in head
    await peer.send(b" more")
    await peer.read_until(b"AHEAD MORE")
    assert not recorder.requests[0].closed
    peer.writer.write_eof()
    await peer.read_all()
