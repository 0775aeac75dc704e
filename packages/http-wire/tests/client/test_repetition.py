"""A kept connection may die at any moment: when a request is sent again, and when not."""

from __future__ import annotations

import asyncio
import socket
import struct
import time

import pytest

from etesian.http_wire.client import connection
from etesian.http_wire.client.connection import ClientConnection
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
@pytest.mark.parametrize("size", [1, 3_000_000])
async def test_an_end_that_came_with_the_answer_before_costs_no_request(
    client, monkeypatch, method, size
):
    # As within a millisecond after that answer, when the pool does not look whether anybody is
    # there: what cannot be sent again looks by itself, and what is lost by that is sent again.
    monkeypatch.setattr(connection, "_JUST_READ", 60)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        fetching = client.fetch(url)
        kept, _ = await asyncio.to_thread(listener.accept)
        await asyncio.to_thread(kept.recv, 65536)
        kept.sendall(OK)
        await fetching
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        kept.close()
        again = client.fetch(url, method=method, body=bytes(size), request_timeout=5)
        fresh, _ = await asyncio.to_thread(listener.accept)
        with fresh:
            await asyncio.to_thread(fresh.recv, size, socket.MSG_WAITALL)
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


@pytest.mark.parametrize("produced", [False, True])
async def test_servers_that_close_without_a_word_get_every_request(client, produced):
    def serve():
        while True:
            connection, _ = listener.accept()
            with connection:
                said = b""
                while not said.endswith((b"data", b"data\r\n0\r\n\r\n", b"end")):
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    said += piece
                if said.endswith(b"end"):
                    return
                connection.sendall(OK)

    async def produce(write):
        await write(b"data")

    body = {"body_producer": produce} if produced else {"body": b"data"}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        serving = asyncio.ensure_future(asyncio.to_thread(serve))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        for _ in range(5):
            assert (await client.fetch(url, method="POST", **body)).body == b"ok"
            time.sleep(0.0005)  # noqa: ASYNC251  # in which the end comes, and is not heard of
        with pytest.raises(HTTPStreamClosedError):
            await client.fetch(url, method="POST", body=b"end")
        await serving


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


async def test_nothing_is_sent_on_a_connection_that_tls_has_ended(
    canned_server, client, server_tls, ca_file, monkeypatch
):
    fetches = asyncio.Queue()
    eof_received = ClientConnection.eof_received

    def fetch_at_once(connection):
        result = eof_received(connection)
        monkeypatch.undo()
        fetches.put_nowait(client.fetch(url, method="POST", body=b"data", ca_certs=ca_file))
        return result

    async with canned_server(OK, tls=server_tls()) as server:
        url = server.url()
        await client.fetch(url, ca_certs=ca_file)
        monkeypatch.setattr(ClientConnection, "eof_received", fetch_at_once)
        server.writers[0].close()
        async with asyncio.timeout(5):
            fetch = await fetches.get()
            assert (await fetch).body == b"ok"
