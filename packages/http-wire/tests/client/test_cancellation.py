"""A fetch is cancelled at every step of the loop, and nothing is left behind."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest

from etesian.http_wire.client.errors import HTTPStreamClosedError

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
REDIRECT = b"HTTP/1.1 307 Again\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"


async def respond(number, head, body):
    await asyncio.sleep(0)
    return REDIRECT if head.split(b" ")[1] == b"/a" else CHUNKED


async def cancelled_after(steps, fetch):
    """Give whether the fetch was still running after so many steps, and is now cancelled."""
    for _ in range(steps):
        await asyncio.sleep(0)
        if fetch.done():
            fetch.result()
            return False
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    await asyncio.sleep(0)  # a future tells of its cancellation in the next step
    return True


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("produced", [False, True])
async def test_at_every_step(canned_server, make_client, server_tls, ca_file, tls, produced):
    client = make_client(max_clients=2)
    environment = client._environment

    async def produce(write):
        for _ in range(3):
            await write(b"piece")

    options = {"ca_certs": ca_file}
    path = "/a"
    if produced:
        path = "/b"
        options |= {"method": "PUT", "body_producer": produce}
    async with canned_server(respond, tls=server_tls() if tls else None) as server:
        steps = 0
        while await cancelled_after(steps, client.fetch(server.url(path), **options)):
            steps += 1
            assert environment.slots._free == 2
            assert client._fetches == set()
            if steps % 3 == 0:
                environment.pool.close()
        assert steps > 3
        assert (await client.fetch(server.url("/b"), ca_certs=ca_file)).body == b"ok"
        client.close()
        for _ in range(200):
            if server._open == 0:
                break
            await asyncio.sleep(0.005)
        assert server._open == 0


async def test_while_queued(canned_server, make_client):
    client = make_client(max_clients=1)
    async with canned_server(respond) as server:
        fetches = [client.fetch(server.url("/b")) for _ in range(5)]
        fetches[2].cancel()
        fetches[3].cancel()
        results = await asyncio.gather(*fetches, return_exceptions=True)
    assert [type(result).__name__ for result in results] == [
        "HTTPResponse",
        "HTTPResponse",
        "CancelledError",
        "CancelledError",
        "HTTPResponse",
    ]
    assert client._environment.slots._free == 1


async def test_who_cancels_all_tasks_ends_the_fetches_that_connect(client):
    with socket.create_server(("127.0.0.1", 0), backlog=1) as full, ExitStack() as others:
        address = full.getsockname()
        for _ in range(2):
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}/"
        before = asyncio.all_tasks()
        fetch = client.fetch(url, request_timeout=0, connect_timeout=0)
        await asyncio.sleep(0.01)
        for task in asyncio.all_tasks() - before:
            task.cancel()
        with pytest.raises(HTTPStreamClosedError, match="cancelled"):
            await asyncio.wait_for(fetch, 5)
    assert client._fetches == set()
    assert client._environment.slots._free == 10
