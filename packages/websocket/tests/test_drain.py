"""Open WebSockets when their server shuts down."""

from __future__ import annotations

import asyncio
import socket

import pytest

from etesian.http_wire.interface import create_server
from etesian.web.interface import Application
from etesian.websocket.wire.frames import CLOSE


@pytest.fixture
async def served(recorder, events, anyio_backend):
    """A server of recorders, and its port."""
    server = create_server(Application([("/", recorder, {"events": events})]))
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server.add_sockets([listening])
    yield server, listening.getsockname()[1]
    server.stop()
    await server.close_all_connections()


GOING_AWAY = (1001).to_bytes(2, "big")


async def test_the_peer_is_told_and_its_answer_is_waited_for(served, raw, events):
    server, port = served
    peer = await raw(port)
    await events.next()
    draining = asyncio.ensure_future(server.drain(within=30))
    frame = await peer.frame()
    assert (frame.opcode, bytes(frame.payload)) == (CLOSE, GOING_AWAY)
    await asyncio.sleep(0.02)
    assert not draining.done()
    peer.send_frame(CLOSE, GOING_AWAY)
    async with asyncio.timeout(5):
        await draining
    assert await events.next() == ("close", 1001, None)
    assert await peer.frame() is None


async def test_a_peer_that_does_not_answer_is_cut_after_the_time(served, raw, events):
    server, port = served
    peer = await raw(port)
    await events.next()
    async with asyncio.timeout(5):
        await server.drain(within=0.05)
        await server.close_all_connections()
    assert bytes((await peer.frame()).payload) == GOING_AWAY
    assert await events.next() == ("close", None, None)


async def test_one_that_is_closing_already_is_waited_for_with_its_own_code(served, raw, events):
    server, port = served
    peer = await raw(port)
    _, handler = await events.next()
    handler.close(4000, "enough")
    draining = asyncio.ensure_future(server.drain(within=30))
    frame = await peer.frame()
    assert bytes(frame.payload) == (4000).to_bytes(2, "big") + b"enough"
    peer.send_frame(CLOSE, frame.payload)
    async with asyncio.timeout(5):
        await draining
    assert await peer.frame() is None
