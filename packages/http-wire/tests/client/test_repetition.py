"""A kept connection may die at any moment: when a request is sent again, and when not."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from etesian.http_wire.client import connection
from etesian.http_wire.client.errors import HTTPClientError, HTTPStreamClosedError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def dies_at(*numbers, answer=None):
    """Answer all requests but these, on which the connection is closed."""
    return lambda number, head, body: answer if number in numbers else OK


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_an_idempotent_request_is_sent_again_on_a_new_connection(
    canned_server, either, method
):
    options = {"method": method, "body": b"data" if method == "PUT" else None}

    def respond(number, head, body):
        if number == 2:
            return None
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    async with canned_server(respond) as server:
        await either.fetch(server.url())
        assert (await either.fetch(server.url(), **options)).code == 200
    assert (server.connections, len(server.heads)) == (2, 3)
    assert server.bodies[1] == server.bodies[2]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_another_request_is_not_sent_again(canned_server, either, method):
    async with canned_server(dies_at(2)) as server:
        await either.fetch(server.url())
        with pytest.raises(HTTPClientError):
            await either.fetch(server.url(), method=method, body=b"data")
    assert len(server.heads) == 2


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_an_end_within_a_large_body_is_met_like_any_other(client, monkeypatch, method):
    # As within a millisecond after the last answer, when nobody looks whether the server is there.
    monkeypatch.setattr(connection, "_JUST_READ", 60)
    body = bytes(3_000_000)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        fetching = client.fetch(url)
        kept, _ = await asyncio.to_thread(listener.accept)
        await asyncio.to_thread(kept.recv, 65536)
        kept.sendall(OK)
        await fetching
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        kept.close()
        again = client.fetch(url, method=method, body=body, request_timeout=5)
        if method == "POST":
            with pytest.raises(HTTPStreamClosedError):
                await again
        else:
            fresh, _ = await asyncio.to_thread(listener.accept)
            with fresh:
                await asyncio.to_thread(fresh.recv, len(body), socket.MSG_WAITALL)
                fresh.sendall(OK)
                assert (await again).body == b"ok"
    assert client._fetches == set()


async def test_a_produced_body_is_not_sent_again(canned_server, client):
    async def produce(write):
        await write(b"data")

    async with canned_server(dies_at(2)) as server:
        await client.fetch(server.url())
        with pytest.raises(HTTPStreamClosedError):
            await client.fetch(server.url(), method="PUT", body_producer=produce)
    assert len(server.heads) == 2


async def test_a_request_is_sent_again_once_only(canned_server, either):
    async with canned_server(dies_at(*range(2, 9))) as server:
        await either.fetch(server.url())
        with pytest.raises(HTTPClientError):
            await either.fetch(server.url())
    assert len(server.heads) == 3


async def test_not_after_an_octet_of_a_response(canned_server, client):
    async with canned_server(dies_at(2, answer=b"H<close>")) as server:
        await client.fetch(server.url())
        with pytest.raises(HTTPStreamClosedError):
            await client.fetch(server.url())
    assert len(server.heads) == 2


async def test_not_on_a_new_connection(canned_server, either):
    async with canned_server(dies_at(1)) as server:
        with pytest.raises(HTTPClientError):
            await either.fetch(server.url())
    assert len(server.heads) == 1


class OneByOne:
    """Takes connections one by one, in the hands of the test."""

    def __init__(self, listener):
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    async def answer(self, size=1):
        """Take a connection and at least so much of a request, answer it, and give the socket."""
        peer, _ = await self._loop.sock_accept(self._listener)
        received = 0
        while received < size:
            received += len(await self._loop.sock_recv(peer, 65536))
        await self._loop.sock_sendall(peer, OK)
        return peer


@pytest.fixture
async def one_by_one(anyio_backend):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield OneByOne(listener)


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


async def test_a_connection_whose_end_the_head_meets_is_no_error_of_whoever_fetches(
    one_by_one, client
):
    body = bytes(100_000)
    answering = asyncio.ensure_future(one_by_one.answer())
    fetch = client.fetch(one_by_one.url)
    peer = await answering
    await fetch
    # In the very call that brought the response, so that the loop cannot have seen the end.
    reset(peer)
    fetch = client.fetch(one_by_one.url, method="PUT", body=body)
    with await one_by_one.answer(len(body)):
        assert (await fetch).body == b"ok"


async def test_a_connection_whose_end_the_head_meets_is_no_error_of_who_makes_room(
    one_by_one, make_client, canned_server
):
    client = make_client(max_clients=1)
    async with canned_server(OK) as server:
        await client.fetch(server.url())
        answering = asyncio.ensure_future(one_by_one.answer())
        fetch = client.fetch(one_by_one.url)
        peer = await answering
        await fetch
        running = client.fetch(server.url())
        waiting = client.fetch(one_by_one.url, method="PUT", body=bytes(100_000))
        reset(peer)
        running.cancel()
        assert running.cancelled()
        with await one_by_one.answer(100_000):
            assert (await waiting).body == b"ok"
