"""Peers that read slowly or not at all, over real sockets."""

from __future__ import annotations

import asyncio
import logging

import pytest

from etesian.websocket import WebSocketClosedError
from etesian.websocket.wire.frames import PING, PONG, TEXT


@pytest.mark.spec("B-WS-022")
async def test_writing_can_be_awaited_until_the_peer_reads(serve, raw, recorder, events):
    peer = await raw(await serve(("/", recorder, {"events": events})))
    _, handler = await events.next()
    await handler.write_message("small")
    peer.writer.transport.pause_reading()
    waiting = handler.write_message(bytes(6 << 20), binary=True)
    ignored = handler.write_message("next")
    assert not waiting.done()
    ignored.cancel()
    peer.writer.transport.resume_reading()
    assert (await peer.frame()).payload == b"small"
    assert len((await peer.frame()).payload) == 6 << 20
    async with asyncio.timeout(5):
        await waiting


@pytest.mark.spec("S226")
async def test_a_peer_that_does_not_read_is_dropped_not_collected_for(
    serve, raw, recorder, events, caplog
):
    caplog.set_level(logging.INFO)
    port = await serve(("/", recorder, {"events": events}), websocket_max_send_queue=1 << 20)
    peer = await raw(port)
    _, handler = await events.next()
    peer.writer.transport.pause_reading()
    waiting = []
    with pytest.raises(WebSocketClosedError, match="does not read"):
        for _ in range(200):
            waiting.append(handler.write_message(bytes(256 << 10), binary=True))
            await asyncio.sleep(0)
    assert (await events.next())[0] == "close"
    with pytest.raises(WebSocketClosedError):
        await waiting[-1]
    for _ in range(10):
        with pytest.raises(WebSocketClosedError):
            handler.write_message("more")
    assert len([r for r in caplog.records if r.name != "etesian.access"]) == 1


@pytest.mark.spec("S225")
async def test_a_flood_of_pings_that_are_not_read_is_owed_one_pong(serve, raw, recorder, events):
    peer = await raw(await serve(("/", recorder, {"events": events})))
    _, handler = await events.next()
    peer.writer.transport.pause_reading()
    handler.write_message(bytes(6 << 20), binary=True)
    for number in range(1000):
        peer.send_frame(PING, b"%d" % number)
    for number in range(1000):
        assert await events.next() == ("ping", b"%d" % number)
    peer.writer.transport.resume_reading()
    await peer.frame()
    assert (await peer.frame())[:2] == (PONG, b"999")


@pytest.mark.spec("B-WS-034")
async def test_after_on_close_no_message_is_delivered_though_many_were_waiting(
    serve, raw, recorder, events, eventually
):
    go_on = asyncio.Event()

    class Busy(recorder):
        async def on_message(self, message):
            self.events.put_nowait(("message", message))
            await go_on.wait()

    peer = await raw(await serve(("/", Busy, {"events": events})))
    for number in range(200):
        peer.send_frame(TEXT, b"%d" % number)
    _, handler = await events.next()
    assert await events.next() == ("message", "0")
    connection = handler.ws_connection
    await eventually(lambda: not connection.is_reading)
    connection.abort()
    assert await events.next() == ("close", None, None)
    go_on.set()
    await asyncio.sleep(0.02)
    assert events.empty()
