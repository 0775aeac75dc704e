from __future__ import annotations

import asyncio

import pytest

from etesian.websocket import broadcast, websocket_connect
from etesian.websocket.wire import frames
from etesian.websocket.wire.protocol import WireProtocol


async def handlers_of(events, number):
    return [(await events.next())[1] for _ in range(number)]


@pytest.mark.parametrize("message", ["text", b"\x00\xff", {"a": 1}])
async def test_every_client_gets_the_message_whatever_it_agreed_on(
    serve, recorder, events, message
):
    port = await serve(
        ("/plain", recorder, {"events": events}),
        ("/packed", recorder, {"events": events, "compression": {}}),
        ("/kept", recorder, {"events": events, "compression": {"context_takeover": True}}),
    )
    clients = [
        await websocket_connect(f"ws://127.0.0.1:{port}/{path}", compression_options=options)
        for path in ("plain", "packed", "kept")
        for options in (None, {}, {"context_takeover": True})
    ]
    handlers = await handlers_of(events, 9)
    for _ in range(2):
        assert broadcast(handlers, message, binary=isinstance(message, bytes)) == 9
        expected = '{"a": 1}' if isinstance(message, dict) else message
        for client in clients:
            assert await client.read_message() == expected
    for client in clients:
        client.close()
        await client.read_message()


async def test_a_message_is_packed_once_for_all_that_agreed_on_the_same(
    serve, raw, recorder, events, monkeypatch
):
    made = []
    make = WireProtocol.message_frame
    monkeypatch.setattr(
        WireProtocol, "message_frame", lambda self, m: made.append(m) or make(self, m)
    )
    port = await serve(("/", recorder, {"events": events, "compression": {}}))
    offer = ("Sec-WebSocket-Extensions", "permessage-deflate")
    peers = [await raw(port, *extra) for extra in ([], [], [offer], [offer], [offer])]
    assert broadcast(await handlers_of(events, 5), "x" * 100) == 5
    assert len(made) == 2
    got = [(await peer.frame()).rsv1 for peer in peers]
    assert got == [False, False, True, True, True]


@pytest.mark.spec("S226")
async def test_one_that_is_closed_or_does_not_read_disturbs_nobody(serve, raw, recorder, events):
    port = await serve(("/", recorder, {"events": events}), websocket_max_send_queue=1 << 20)
    good, stalled, closing = [await raw(port) for _ in range(3)]
    handlers = set(await handlers_of(events, 3))
    by_port = {h.request.connection: h for h in handlers}
    assert len(by_port) == 3
    closing.send_frame(frames.CLOSE)
    await events.next()
    stalled.writer.transport.pause_reading()
    counts = []
    for _ in range(60):
        counts.append(broadcast(handlers, bytes(256 << 10), binary=True))
        assert len((await good.frame()).payload) == 256 << 10
        await asyncio.sleep(0)
    assert counts[0] == 2
    assert counts[-1] == 1


async def test_nobody_is_no_error():
    assert broadcast([], "x") == 0
