"""What a fetch gives, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import gzip
from dataclasses import replace

import pytest

from etesian.http_wire.client.errors import (
    HTTPClientError,
    HTTPProtocolError,
    HTTPStreamClosedError,
)
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.wire.policy import STRICT

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n\r\nhello"


@pytest.mark.spec("B-HTTP-096")
async def test_a_response_has_everything(canned_server, either):
    async with canned_server(HELLO) as server:
        response = await either.fetch(server.url("/a?b=c"))
    assert (response.code, response.reason, response.body) == (200, "OK", b"hello")
    assert response.headers.get_list("X-A") == ["1", "2"]
    assert response.effective_url == server.url("/a?b=c")
    assert 0 < response.request_time < 5
    assert response.error is None
    assert response.buffer.read() == b"hello"
    assert server.heads[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")


async def test_connections_are_used_again(canned_server, either):
    async with canned_server(HELLO) as server:
        for _ in range(5):
            await either.fetch(server.url())
    assert server.connections == 1
    assert len(server.heads) == 5


@pytest.mark.spec("B-HTTP-097", "B-HTTP-101")
async def test_another_status_raises_with_its_response(canned_server, either):
    async with canned_server(b"HTTP/1.1 404 Not Here\r\nContent-Length: 4\r\n\r\ngone") as server:
        with pytest.raises(HTTPClientError) as caught:
            await either.fetch(server.url())
        assert caught.value.code == 404
        assert caught.value.message == "Not Here"
        assert caught.value.response.body == b"gone"
        response = await either.fetch(server.url(), raise_error=False)
    assert response.code == 404
    with pytest.raises(HTTPClientError):
        response.rethrow()


@pytest.mark.spec("B-HTTP-098", "B-HTTP-136")
async def test_not_modified_is_an_error_without_body(canned_server, either):
    async with canned_server(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n") as server:
        with pytest.raises(HTTPClientError) as caught:
            await either.fetch(server.url())
        assert caught.value.response.code == 304
        await either.fetch(server.url(), raise_error=False)
    assert server.connections == 1


@pytest.mark.spec("B-HTTP-103")
async def test_options_beside_a_request_are_refused(either):
    with pytest.raises(TypeError):
        either.fetch(HTTPRequest("http://localhost/"), method="POST")


@pytest.mark.parametrize("request_", [None, b"http://localhost/", 5])
async def test_what_is_no_request_is_refused_by_its_type(either, request_):
    with pytest.raises(TypeError, match=f"not {type(request_).__name__}"):
        either.fetch(request_)
    with pytest.raises(TypeError, match=f"not {type(request_).__name__}"):
        either.stream(request_)


@pytest.mark.spec("B-HTTP-132")
async def test_without_a_length_the_close_ends_the_body(canned_server, either):
    answer = b"HTTP/1.1 200 OK\r\n\r\nall of it<close>"
    async with canned_server(answer) as server:
        assert (await either.fetch(server.url())).body == b"all of it"


async def test_chunks_are_joined(canned_server, either):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    async with canned_server(answer) as server:
        assert (await either.fetch(server.url())).body == b"abcde"
        assert (await either.fetch(server.url())).body == b"abcde"
    assert server.connections == 1


@pytest.mark.spec("B-HTTP-138")
async def test_bare_newlines_are_a_leniency_that_must_be_asked_for(
    canned_server, client, make_client
):
    lenient = make_client(policy=replace(STRICT, accept_bare_lf=True))
    answer = b"HTTP/1.1 200 OK\nContent-Length: 2\r\nA: b\n\nok"
    async with canned_server(answer) as server:
        response = await lenient.fetch(server.url())
        assert (response.body, response.headers["A"]) == (b"ok", "b")
        with pytest.raises(HTTPProtocolError):
            await client.fetch(server.url())


@pytest.mark.spec("B-HTTP-134")
async def test_interim_responses_are_passed_over(canned_server, either):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    async with canned_server(hints + HELLO) as server:
        assert (await either.fetch(server.url())).body == b"hello"


@pytest.mark.spec("B-HTTP-135")
@pytest.mark.parametrize("length", [b"", b"Content-Length: 0\r\n"])
async def test_no_content_completes_at_once(canned_server, either, length):
    async with canned_server(b"HTTP/1.1 204 No Content\r\n" + length + b"\r\n") as server:
        assert (await either.fetch(server.url())).body == b""
        assert (await either.fetch(server.url())).code == 204
    assert server.connections == 1


@pytest.mark.spec("B-HTTP-137")
async def test_head_completes_without_a_body(canned_server, either):
    async with canned_server(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n") as server:
        response = await either.fetch(server.url(), method="HEAD")
        assert response.headers["Content-Length"] == "999999999999"
        await either.fetch(server.url(), method="HEAD")
    assert server.connections == 1


@pytest.mark.spec("B-HTTP-130")
async def test_gzip_is_asked_for_and_undone(canned_server, either):
    packed = gzip.compress(b"a" * 100_000) + gzip.compress(b"b")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with canned_server(head + packed) as server:
        assert (await either.fetch(server.url())).body == b"a" * 100_000 + b"b"
        raw = await either.fetch(server.url(), decompress_response=False)
    assert raw.body == packed
    assert b"Accept-Encoding: gzip\r\n" in server.heads[0]
    assert b"Accept-Encoding" not in server.heads[1]


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 40\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"),
    ],
)
async def test_a_coding_of_no_body_is_no_error(canned_server, either, method, head):
    end = b"0\r\n\r\n" if b"chunked" in head else b""
    async with canned_server(head + b"Content-Encoding: gzip\r\n\r\n" + end) as server:
        response = await either.fetch(server.url(), method=method, raise_error=False)
    assert response.code == int(head[9:12])
    assert response.body == b""


@pytest.mark.spec("B-HTTP-124")
async def test_streaming_gives_the_pieces_and_keeps_nothing(canned_server, either):
    pieces = []
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000
    async with canned_server(answer) as server:
        response = await either.fetch(server.url(), streaming_callback=pieces.append)
    assert response.body == b""
    assert b"".join(pieces) == b"x" * 200_000
    assert max(map(len, pieces)) <= 65536


async def test_an_awaitable_callback_holds_the_stream_back(canned_server, either):
    import asyncio

    running = 0
    got = bytearray()

    async def take(piece):
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.001)
        got.extend(piece)
        running -= 1

    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + b"y" * 500_000
    async with canned_server(answer) as server:
        await either.fetch(server.url(), streaming_callback=take)
        assert bytes(got) == b"y" * 500_000
        got.clear()
        until_close = b"HTTP/1.1 200 OK\r\n\r\n" + b"z" * 300_000 + server.CLOSE
    async with canned_server(until_close) as server:
        await either.fetch(server.url(), streaming_callback=take)
    assert bytes(got) == b"z" * 300_000


async def test_an_awaitable_callback_takes_thousands_of_pieces_that_were_packed_into_one(
    canned_server, make_client
):
    packed = gzip.compress(bytes(5_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    taken = 0

    async def take(piece):
        nonlocal taken
        taken += len(piece)

    client = make_client(policy=replace(STRICT, chunk_size=1000))
    async with canned_server(head + packed) as server:
        await client.fetch(server.url(), streaming_callback=take)
    assert taken == 5_000_000


async def test_what_a_callback_raises_is_raised_by_the_fetch(canned_server, either):
    def refuse(piece):
        raise ZeroDivisionError

    async def refuse_later(piece):
        raise ZeroDivisionError

    async with canned_server(HELLO) as server:
        for callback in (refuse, refuse_later):
            with pytest.raises(ZeroDivisionError):
                await either.fetch(server.url(), streaming_callback=callback)
        with pytest.raises(ZeroDivisionError):
            await either.fetch(server.url(), header_callback=refuse)


async def test_a_callback_that_is_cancelled_by_itself_is_an_error(canned_server, client):
    async def give_up(piece):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    async with canned_server(HELLO) as server:
        with pytest.raises(HTTPStreamClosedError, match="the streaming callback was cancelled"):
            await client.fetch(server.url(), streaming_callback=give_up)


@pytest.mark.parametrize("option", ["streaming_callback", "header_callback"])
async def test_a_stop_iteration_of_a_callback_ends_the_fetch_too(
    canned_server, either, caplog, option
):
    def take(piece):
        next(iter(()))

    async with canned_server(HELLO) as server, asyncio.timeout(5):
        with pytest.raises(RuntimeError, match="StopIteration") as caught:
            await either.fetch(server.url(), **{option: take})
        assert (await either.fetch(server.url())).code == 200
    assert isinstance(caught.value.__cause__, StopIteration)
    assert caplog.text == ""


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("by_head", [False, True])
async def test_no_callback_is_called_after_a_cancellation(canned_server, either, packed, by_head):
    body = bytes(300_000)
    coding = b""
    if packed:
        body, coding = gzip.compress(body), b"Content-Encoding: gzip\r\n"
    head = b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (coding, len(body))
    pieces = []

    def take(piece):
        pieces.append(piece)
        fetch.cancel()

    def take_line(line):
        if by_head and line == "\r\n":
            fetch.cancel()

    async with canned_server(head + body) as server:
        options = {"streaming_callback": take, "header_callback": take_line}
        fetch = either.fetch(server.url(), **options)
        await asyncio.wait([fetch])
        await asyncio.sleep(0.01)
    assert fetch.cancelled()
    assert len(pieces) == (0 if by_head else 1)


@pytest.mark.parametrize("cancels", [False, True])
async def test_a_callback_that_fails_or_cancels_after_a_pause_ends_the_fetch(
    canned_server, either, caplog, cancels
):
    pieces = 0

    def take(piece):
        nonlocal pieces
        pieces += 1
        if pieces == 1:
            return asyncio.sleep(0.02)
        if cancels:
            fetch.cancel()
            return None
        raise ZeroDivisionError

    async with canned_server(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(300_000)) as server:
        options = {"request_timeout": 0, "streaming_callback": take}
        fetch = either.fetch(server.url(), **options)
        error = asyncio.CancelledError if cancels else ZeroDivisionError
        async with asyncio.timeout(5):
            with pytest.raises(error):
                await fetch
        await asyncio.sleep(0.01)
    assert pieces == 2
    assert caplog.text == ""
    assert either._environment.slots._free == 10


async def test_what_a_callback_meets_while_it_is_cancelled_is_not_logged(
    canned_server, either, caplog
):
    begun = asyncio.Event()

    async def take(piece):
        begun.set()
        try:
            await asyncio.sleep(30)
        finally:
            raise ZeroDivisionError

    async with canned_server(HELLO) as server:
        fetch = either.fetch(server.url(), streaming_callback=take)
        await begun.wait()
        fetch.cancel()
        await asyncio.wait([fetch])
        await asyncio.sleep(0.01)
    del fetch
    gc.collect()
    assert caplog.text == ""


async def test_a_head_is_told_no_further_after_a_cancellation(canned_server, either):
    lines = []

    def take_line(line):
        lines.append(line)
        fetch.cancel()

    async with canned_server(HELLO) as server:
        fetch = either.fetch(server.url(), header_callback=take_line)
        await asyncio.wait([fetch])
    assert lines == ["HTTP/1.1 200 OK\r\n"]


@pytest.mark.spec("B-HTTP-123")
async def test_header_callback_gets_lines(canned_server, either):
    lines = []
    async with canned_server(HELLO) as server:
        await either.fetch(server.url(), header_callback=lines.append)
    assert lines == [
        "HTTP/1.1 200 OK\r\n",
        "Content-Length: 5\r\n",
        "X-A: 1\r\n",
        "X-A: 2\r\n",
        "\r\n",
    ]


@pytest.mark.spec("B-HTTP-100", "B-HTTP-162")
async def test_the_error_of_a_refused_connection_is_its_own(client, caplog):
    with pytest.raises(OSError, match=r"."):
        await client.fetch("http://127.0.0.1:1/")
    assert caplog.records == []


@pytest.mark.spec("B-HTTP-151")
async def test_hostname_mapping_dials_another_address(canned_server, make_client):
    async with canned_server(HELLO) as server:
        client = make_client(
            hostname_mapping={"a.test": "127.0.0.1", ("b.test", 80): ("127.0.0.1", server.port)}
        )
        await client.fetch(f"http://a.test:{server.port}/")
        await client.fetch("http://b.test/")
    assert b"Host: a.test:%d\r\n" % server.port in server.heads[0]
    assert b"Host: b.test\r\n" in server.heads[1]


@pytest.mark.spec("B-HTTP-155")
async def test_without_ipv6_only_ipv4_is_dialled(canned_server, client):
    async with canned_server(HELLO, host="::1") as server:
        with pytest.raises(OSError, match=r"."):
            await client.fetch(server.url(host="[::1]"), allow_ipv6=False)
    assert server.connections == 0


@pytest.mark.spec("B-HTTP-154")
async def test_ipv6_literals(canned_server, either):
    async with canned_server(HELLO, host="::1") as server:
        await either.fetch(server.url(host="[::1]"))
    assert b"Host: [::1]:%d\r\n" % server.port in server.heads[0]


@pytest.mark.parametrize("packed", [False, True])
async def test_what_a_callback_gives_after_its_cancellation_is_cancelled_too(
    canned_server, either, caplog, packed
):
    body, coding = (gzip.compress(b"a"), b"Content-Encoding: gzip\r\n") if packed else (b"a", b"")
    head = b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (coding, len(body))
    begun = []

    async def fail():
        begun.append(True)
        raise ValueError("nobody waits for this")

    def take(piece):
        fetch.cancel()
        return fail()

    async with canned_server(head + body) as server:
        fetch = either.fetch(server.url(), streaming_callback=take)
        await asyncio.wait([fetch])
        await asyncio.sleep(0.05)
    gc.collect()
    assert begun == []
    assert caplog.text == ""
