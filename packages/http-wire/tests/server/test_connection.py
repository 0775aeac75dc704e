"""The conversation on one connection: order, keep-alive, bodies, expectations, waiting."""

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


def respond(seen, headers=None, body=b"", start_line=OK):
    seen.connection.write_headers(start_line, HTTPHeaders(headers or {}), body)
    seen.connection.finish()


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
async def test_pipelined_requests_are_answered_in_order(serve, connect, make_recorder):
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
    await asyncio.sleep(0.02)
    assert recorder.lines == ["GET /slow"]
    slow.set()
    received = await peer.read_all()
    assert received.index(b"GET /slow ") < received.index(b"GET / ") < received.index(b"GET /last ")


@pytest.mark.spec("S032")
async def test_a_pipeline_flood_pauses_reading(serve, connect, make_recorder):
    held = []
    recorder = make_recorder(held.append)
    peer = await connect(serve(recorder))
    await peer.send(GET * 100_000)
    await asyncio.sleep(0.1)
    assert len(recorder.requests) == 1
    connection = recorder.requests[0].server_connection
    assert len(connection._buffer) < 400_000
    assert not connection.transport.is_reading()
    recorder._answer = recorder.echo
    recorder.echo(held[0])
    await peer.read_until(b"GET / ")
    peer.writer.transport.abort()


@pytest.mark.spec("B-HTTP-009")
async def test_closing_an_idle_connection_logs_nothing(serve, connect, recorder, caplog):
    caplog.set_level(logging.INFO)
    peer = await connect(serve(recorder))
    await peer.send(GET)
    await peer.read_until(b"GET / ")
    await peer.close()
    for _ in range(100):
        if recorder.closed_connections:
            break
        await asyncio.sleep(0.01)
    assert recorder.closed_connections == [recorder.requests[0].server_connection]
    assert [r for r in caplog.records if r.name.startswith("etesian")] == []


@pytest.mark.spec("B-HTTP-021")
async def test_expected_100_continue_comes_before_the_body(serve, connect, recorder):
    peer = await connect(serve(recorder))
    await peer.send(
        b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"
    )
    assert await peer.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    await peer.send(b"hello")
    await peer.read_until(b"POST / hello")


async def test_a_body_that_is_there_needs_no_100_continue(serve, connect, recorder):
    peer = await connect(serve(recorder))
    await peer.send(
        b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"
    )
    assert b" 100 " not in await peer.read_until(b"POST / hello")


@pytest.mark.spec("S026")
@pytest.mark.spec("S028")
async def test_an_early_answer_to_an_expectation_is_the_last(serve, connect):
    class Early:
        def start_request(self, server_conn, request_conn):
            self.connection = request_conn
            return self

        def headers_received(self, start_line, headers):
            self.connection.write_headers(
                ResponseStartLine("", 401, "Unauthorized"), HTTPHeaders({"Content-Length": "0"})
            )
            self.connection.finish()

        def data_received(self, chunk):
            pytest.fail("nobody asked for a body")

        def finish(self):
            pytest.fail("the body never came")

        def on_connection_close(self):
            pass

        def on_close(self, server_conn):
            pass

    peer = await connect(serve(Early()))
    await peer.send(
        b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 35\r\n\r\n"
    )
    await peer.send(b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    received = await peer.read_all()
    assert b"Connection: close" in received
    assert received.count(b"HTTP/1.1") == 1


@pytest.mark.spec("S028")
@pytest.mark.parametrize(("size", "kept"), [(1000, True), (200_000, False)])
async def test_the_rest_of_a_body_is_read_off_up_to_a_bound(serve, connect, size, kept):
    answered = []

    class Early:
        def start_request(self, server_conn, request_conn):
            self.connection = request_conn
            return self

        def headers_received(self, start_line, headers):
            answered.append(start_line.path)
            respond(self, {"Content-Length": "0"})

        def data_received(self, chunk):
            pytest.fail("the answer was given")

        def finish(self):
            pass

        def on_connection_close(self):
            pass

        def on_close(self, server_conn):
            pass

    peer = await connect(serve(Early()))
    body = (b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n" * size)[:size]
    await peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size, body, LAST)
    received = await peer.read_all()
    assert received.count(b"HTTP/1.1 200") == (2 if kept else 1)
    assert answered == (["/", "/last"] if kept else ["/"])


@pytest.mark.spec("B-HTTP-022")
@pytest.mark.spec("B-HTTP-023")
@pytest.mark.spec("B-HTTP-024")
async def test_chunked_bodies_are_decoded_and_the_connection_goes_on(attack):
    raw = (
        b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ChunKed\r\n\r\n"
        b'5;a=b;c="d e"\r\nhello\r\n06\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n' + LAST
    )
    for cut in ("whole", "random", "bytes"):
        outcome = await attack(raw, cut)
        assert outcome.dispatched == ["POST /c", "GET /last"]
        assert outcome.bodies[0] == b"hello world"


@pytest.mark.spec("S048")
async def test_trailers_are_kept_apart_from_the_headers(serve, connect, recorder):
    peer = await connect(serve(recorder))
    await peer.send(
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\nX-Sum: 1\r\n\r\n"
    )
    await peer.read_all()
    seen = recorder.requests[0]
    assert "X-Sum" not in seen.headers
    assert seen.connection.trailers["X-Sum"] == "1"


@pytest.mark.spec("B-HTTP-044")
async def test_server_and_request_connection_are_two_objects(serve, connect, recorder):
    peer = await connect(serve(recorder))
    await peer.send(GET + LAST)
    await peer.read_all()
    first, second = recorder.requests
    assert first.connection is not first.server_connection
    assert first.server_connection is second.server_connection
    assert first.connection is not second.connection


@pytest.mark.spec("B-HTTP-045")
async def test_an_awaitable_of_the_delegate_holds_back_the_rest(serve, connect):
    calls = []
    gates = [asyncio.Event(), asyncio.Event()]

    class Waits:
        def start_request(self, server_conn, request_conn):
            self.connection = request_conn
            return self

        def headers_received(self, start_line, headers):
            calls.append("head")
            return gates[0].wait()

        def data_received(self, chunk):
            calls.append(chunk)
            return gates[1].wait() if chunk == b"first" else None

        def finish(self):
            calls.append("finish")
            respond(self, {"Content-Length": "0"})

        def on_connection_close(self):
            calls.append("closed")

        def on_close(self, server_conn):
            pass

    peer = await connect(serve(Waits()))
    await peer.send(
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 11\r\n\r\nfirst"
    )
    await asyncio.sleep(0.01)
    assert calls == ["head"]
    gates[0].set()
    await asyncio.sleep(0.01)
    assert calls == ["head", b"first"]
    await peer.send(b"second")
    await asyncio.sleep(0.01)
    assert calls == ["head", b"first"]
    gates[1].set()
    await peer.read_all()
    assert calls == ["head", b"first", b"second", "finish"]


@pytest.mark.spec("B-HTTP-046")
@pytest.mark.parametrize("body", [b"", b"he"])
async def test_a_peer_that_leaves_in_the_body_is_told_once(serve, connect, recorder, body):
    peer = await connect(serve(recorder))
    await peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" + body)
    await asyncio.sleep(0.02)
    peer.writer.transport.abort()
    for _ in range(100):
        if recorder.closed_connections:
            break
        await asyncio.sleep(0.01)
    assert recorder.requests[0].closed
    assert not recorder.requests[0].finished


async def test_a_peer_that_leaves_before_the_answer_is_told(serve, connect, make_recorder):
    recorder = make_recorder(lambda seen: None)
    peer = await connect(serve(recorder))
    await peer.send(GET)
    await asyncio.sleep(0.02)
    peer.reset()
    for _ in range(100):
        if recorder.closed_connections:
            break
        await asyncio.sleep(0.01)
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


@pytest.mark.spec("B-HTTP-013")
@pytest.mark.spec("S012")
async def test_an_announced_body_beyond_the_limit_is_refused_unread(attack):
    outcome = await attack(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", max_body_size=100
    )
    assert outcome.statuses == [413]


@pytest.mark.spec("B-HTTP-014")
async def test_a_chunked_body_beyond_the_limit_is_refused(attack):
    raw = (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"32\r\n" + b"x" * 50 + b"\r\n") * 3
    )
    for cut in ("whole", "random", "bytes"):
        outcome = await attack(raw, cut, max_body_size=100)
        assert outcome.statuses == [413], cut
        assert outcome.dispatched == []


@pytest.mark.spec("B-HTTP-048")
async def test_a_request_may_raise_its_own_body_limit(serve, connect, recorder):
    class Generous(type(recorder)):
        def start_request(self, server_conn, request_conn):
            delegate = super().start_request(server_conn, request_conn)
            take = delegate.headers_received

            def headers_received(start_line, headers):
                request_conn.set_max_body_size(1000)
                request_conn.set_body_timeout(60)
                take(start_line, headers)

            delegate.headers_received = headers_received
            return delegate

    peer = await connect(serve(Generous(), max_body_size=10))
    await peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + b"x" * 100)
    await peer.read_until(b"x" * 100)


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


@pytest.mark.spec("B-HTTP-047")
async def test_detach_hands_out_the_stream_with_what_was_read(serve, connect):
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
    await asyncio.sleep(0.02)
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
