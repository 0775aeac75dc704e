"""Reading a body while it arrives, as slowly as one likes."""

from __future__ import annotations

import asyncio

import pytest

from etesian.http_wire.client.client import AsyncHTTPClient
from etesian.http_wire.client.errors import HTTPClientError, HTTPStreamClosedError, HTTPTimeoutError
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.wire.policy import WirePolicy

HEAD = b"HTTP/1.1 200 Fine\r\nContent-Length: 300000\r\nX-A: 1\r\nX-A: 2\r\n\r\n"


async def test_the_head_comes_first_and_the_body_in_pieces(canned_server, client):
    async with canned_server(HEAD + b"x" * 300_000) as server:
        for _ in range(2):
            async with client.stream(server.url()) as response:
                assert (response.code, response.reason) == (200, "Fine")
                assert response.headers.get_list("X-A") == ["1", "2"]
                pieces = [piece async for piece in response]
            assert b"".join(pieces) == b"x" * 300_000
    assert server.connections == 1


async def test_a_slow_reader_slows_the_server_down(canned_server, client):
    sent = 0

    async def respond(number, head, body):
        nonlocal sent
        writer = server.writers[-1]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(500):
            writer.write(bytes(100_000))
            await writer.drain()
            sent += 100_000
        return b""

    async with canned_server(respond) as server:
        size = 0
        async with client.stream(server.url()) as response:
            await asyncio.sleep(0.05)
            assert sent < 30_000_000
            async for piece in response:
                size += len(piece)
    assert size == 50_000_000


async def test_leaving_early_closes_the_connection(canned_server, client):
    async with canned_server(HEAD + b"x" * 300_000) as server:
        async with client.stream(server.url()) as response:
            async for _ in response:
                break
        assert client._fetches == set()
        async with client.stream(server.url()) as response:
            pass
    assert server.connections == 2


async def test_an_empty_body(canned_server, client):
    async with (
        canned_server(b"HTTP/1.1 204 None\r\n\r\n") as server,
        client.stream(server.url()) as response,
    ):
        assert [piece async for piece in response] == []
        assert [piece async for piece in response] == []


async def test_a_head_may_be_as_large_as_the_client_allows(canned_server, make_client):
    client = make_client(policy=WirePolicy(max_request_line_size=20_000, max_header_count=200))
    head = b"HTTP/1.1 200 " + b"x" * 10_000 + b"\r\n" + b"A: b\r\n" * 150
    async with (
        canned_server(head + b"Content-Length: 0\r\n\r\n") as server,
        client.stream(server.url()) as response,
    ):
        assert len(response.reason) == 10_000
        assert len(response.headers.get_list("A")) == 150


async def test_another_status_is_raised_or_given(canned_server, client):
    async with canned_server(b"HTTP/1.1 404 Gone\r\nContent-Length: 2\r\n\r\nno") as server:
        with pytest.raises(HTTPClientError) as caught:
            async with client.stream(server.url()):
                pass
        assert caught.value.code == 404
        async with client.stream(server.url(), raise_error=False) as response:
            assert response.code == 404
            assert b"".join([piece async for piece in response]) == b"no"


@pytest.mark.spec("S237")
@pytest.mark.parametrize("location", ["ftp://x/", "http://[", "http://a:b@127.0.0.1/"])
async def test_a_redirect_that_is_not_safe_is_given_with_its_body(canned_server, either, location):
    found = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 4\r\n\r\nmove"
    moved = found.encode()
    async with canned_server(moved) as server:
        with pytest.raises(HTTPClientError) as caught:
            async with either.stream(server.url()):
                pass
        assert caught.value.code == 302
        async with either.stream(server.url(), raise_error=False) as response:
            assert response.headers["Location"] == location
            assert b"".join([piece async for piece in response]) == b"move"
        whole = await either.fetch(server.url(), raise_error=False)
        assert whole.body == b"move"
        assert "redirect refused" in str(whole.error)


async def test_failures_before_and_within_the_body(canned_server, client):
    with pytest.raises(OSError, match=r"."):
        async with client.stream("http://127.0.0.1:1/"):
            pass
    with pytest.raises(TypeError):
        client.stream("http://127.0.0.1/", tiemout=1)
    async with canned_server(HEAD + b"x<close>") as server:
        with pytest.raises(HTTPStreamClosedError):
            async with client.stream(server.url()) as response:
                async for _ in response:
                    pass
    async with canned_server(lambda *_: asyncio.sleep(30)) as server:
        with pytest.raises(HTTPTimeoutError):
            async with client.stream(server.url(), request_timeout=0.05):
                pass
        entering = asyncio.ensure_future(client.stream(server.url()).__aenter__())
        await asyncio.sleep(0.02)
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering
        assert client._fetches == set()


async def test_closing_the_client_ends_the_stream(canned_server, client):
    async with (
        canned_server(HEAD + b"x" * 10) as server,
        client.stream(server.url()) as response,
    ):
        assert await anext(response) == b"x" * 10
        client.close()
        with pytest.raises(HTTPStreamClosedError):
            await anext(response)


@pytest.mark.parametrize("whole", [False, True])
async def test_a_cancellation_is_not_lost_where_the_block_is_left(canned_server, either, whole):
    went_on = []

    async def read():
        async with either.stream(server.url()) as response:
            if whole:
                assert b"".join([piece async for piece in response]) == bytes(300_000)
            asyncio.current_task().cancel()
        await asyncio.sleep(0)
        went_on.append(True)

    async with canned_server(HEAD + bytes(300_000)) as server:
        task = asyncio.create_task(read())
        await asyncio.wait([task])
    assert task.cancelled()
    assert not went_on


async def test_an_implementation_that_tells_no_head_is_an_error_and_no_cancellation(anyio_backend):
    class Own(AsyncHTTPClient):
        def fetch_impl(self, request, callback):
            self.asyncio_loop.call_soon(callback, HTTPResponse(request, 200))

    with pytest.raises(HTTPStreamClosedError, match="no head"):
        async with Own(force_instance=True).stream("http://localhost/"):
            pass


async def test_who_iterates_a_stream_that_was_left_is_told_so(canned_server, either):
    async with canned_server(HEAD + b"x" * 10) as server:
        async with either.stream(server.url()) as response:
            assert await anext(response) == b"x" * 10
            waiting = asyncio.ensure_future(anext(response))
            await asyncio.sleep(0)
        with pytest.raises(HTTPStreamClosedError, match="left"):
            await waiting
        with pytest.raises(HTTPStreamClosedError, match="left"):
            await anext(response)


async def test_it_is_entered_first_and_once(canned_server, client):
    async with canned_server(HEAD + bytes(300_000)) as server:
        stream = client.stream(server.url())
        with pytest.raises(RuntimeError, match="async with"):
            await anext(stream)
        async with stream:
            pass
        with pytest.raises(RuntimeError, match="once"):
            await stream.__aenter__()
        assert len(server.heads) == 1
