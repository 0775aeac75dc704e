"""Peers that do not read."""

from __future__ import annotations

import asyncio

import pytest

from etesian.http_wire import HTTPHeaders, ResponseStartLine


@pytest.fixture
async def deaf(make_recorder, eventually):
    """``recorder, tell, peers``: requests whose responses stay with the server.

    ``await tell(port)`` asks, does not read, and waits until the response is written but for
    an end that the socket does not take, of fewer octets than make writers wait. The
    transports in ``peers`` are cut when the test ends.
    """

    async def write(connection, transport):
        connection.write_headers(ResponseStartLine("", 200, "OK"), HTTPHeaders())
        while transport.get_write_buffer_size() < 20_000:
            connection.write(b"x" * 30_000)
            await asyncio.sleep(0)  # uvloop sends when the turn ends
        connection.finish()

    async def tell(port):
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", port)
        transport.pause_reading()
        transport.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        before = len(tasks)
        await eventually(lambda: len(tasks) > before and tasks[-1].done())
        return transport

    tasks, peers = [], []
    recorder = make_recorder(
        lambda seen: tasks.append(
            asyncio.ensure_future(write(seen.connection, seen.server_connection.transport))
        )
    )
    yield recorder, tell, peers
    for transport in peers:
        transport.abort()
