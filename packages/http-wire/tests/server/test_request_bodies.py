"""Request bodies: expectations, limits, waiting, and what is left of them after an early answer."""

from __future__ import annotations

import asyncio

import pytest

from etesian.http_wire import HTTPHeaders, ResponseStartLine

OK = ResponseStartLine("", 200, "OK")
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def respond(seen, headers):
    seen.connection.write_headers(OK, HTTPHeaders(headers), b"")
    seen.connection.finish()


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


@pytest.mark.spec("B-HTTP-045")
async def test_an_awaitable_of_the_delegate_holds_back_the_rest(serve, connect, eventually):
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
    await eventually(lambda: calls == ["head"])
    gates[0].set()
    await eventually(lambda: calls == ["head", b"first"])
    await peer.send(b"second")
    await asyncio.sleep(0.02)
    assert calls == ["head", b"first"]
    gates[1].set()
    await peer.read_all()
    assert calls == ["head", b"first", b"second", "finish"]


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
