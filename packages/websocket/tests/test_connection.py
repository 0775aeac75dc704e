"""Messages, back-pressure and the end, over real sockets against raw and foreign peers."""

from __future__ import annotations

import asyncio
import logging

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from etesian.websocket import WebSocketClosedError, WebSocketHandler
from etesian.websocket.wire.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT


def code(frame):
    assert frame is not None
    assert frame.opcode == CLOSE
    return int.from_bytes(frame.payload[:2], "big") if frame.payload else None


@pytest.mark.spec("B-WS-015", "B-WS-019", "B-WS-029", "B-WS-063")
@pytest.mark.parametrize("compression", [None, {}, {"context_takeover": True}])
async def test_echo_with_a_foreign_client(serve, echo, compression):
    port = await serve(("/", echo, {"compression": compression}))
    async with websockets.connect(f"ws://127.0.0.1:{port}/", max_size=None) as client:
        for message in (
            "", b"", "a\x00b", b"\x00\xff", "κόσμε",
            *(bytes(size) for size in (125, 126, 65535, 65536, 3_000_000)),
        ):  # fmt: skip
            await client.send(message)
            assert await client.recv() == message


@pytest.mark.spec("B-WS-044")
@pytest.mark.parametrize("compression", [None, {}, {"context_takeover": True}])
async def test_a_foreign_client_may_send_fragments(serve, echo, compression):
    port = await serve(("/", echo, {"compression": compression}))
    async with websockets.connect(f"ws://127.0.0.1:{port}/") as client:
        for _ in range(2):
            await client.send(["frag", "", "ment" * 100, "ed é"])
            assert await client.recv() == "frag" + "ment" * 100 + "ed é"


@pytest.mark.spec("B-WS-025")
async def test_a_ping_inside_a_fragmented_message(serve, raw, echo):
    peer = await raw(await serve(("/", echo)))
    peer.send_frame(TEXT, b"a", fin=False)
    peer.send_frame(PING, b"?")
    peer.send_frame(CONTINUATION, b"b")
    assert (await peer.frame())[:2] == (PONG, b"?")
    assert (await peer.frame())[:2] == (TEXT, b"ab")


BROKEN = [
    pytest.param(b"\x81\x01a", 1002, id="not masked"),
    pytest.param(b"\xc1\x80abcd", 1002, id="reserved bit"),
    pytest.param(b"\x83\x80abcd", 1002, id="reserved opcode"),
    pytest.param(b"\x09\x80abcd", 1002, id="fragmented ping"),
    pytest.param(b"\x89\xfe\x00\x7eabcd", 1002, id="long ping"),
    pytest.param(b"\x80\x80abcd", 1002, id="continuation of nothing"),
    pytest.param(b"\x01\x80abcd\x81\x80abcd", 1002, id="message in a message"),
    pytest.param(b"\x82\xfe\x00\x05abcd", 1002, id="length not shortest"),
    pytest.param(b"\x82\xff" + b"\xff" * 8, 1002, id="length with its highest bit"),
    pytest.param(b"\x82\xff" + b"\x7f" * 8, 1009, id="huge by its header"),
    pytest.param(b"\x02\x80abcd" + b"\x00\x80abcd" * 1024, 1008, id="endless fragments"),
    pytest.param(b"\x81\x81\x00\x00\x00\x00\xff", 1007, id="not utf-8"),
    pytest.param(b"\x88\x81\x00\x00\x00\x00\x03", 1002, id="close of one byte"),
    pytest.param(b"\x88\x82\x00\x00\x00\x00\x03\xed", 1002, id="close with 1005"),
    pytest.param(b"\x88\x83\x00\x00\x00\x00\x03\xe8\xff", 1007, id="close reason not utf-8"),
]


@pytest.mark.spec("S210", "S212", "S213", "S214", "S215", "S216", "S217", "S222", "S223")
@pytest.mark.spec("B-WS-016", "B-WS-023", "B-WS-026", "B-WS-027", "B-WS-028", "B-WS-035")
@pytest.mark.parametrize(("data", "expected"), BROKEN)
@pytest.mark.parametrize("step", [None, 1])
async def test_a_broken_peer_gets_one_close_and_the_server_goes_on(
    serve, raw, recorder, events, data, expected, step, caplog
):
    if step == 1 and len(data) > 100:
        pytest.skip("thousands of single bytes say nothing new")
    caplog.set_level(logging.WARNING)
    port = await serve(("/", recorder, {"events": events}))
    peer = await raw(port)
    for start in range(0, len(data), step or len(data)):
        peer.send(data[start : start + (step or len(data))])
        await asyncio.sleep(0)
    assert code(await peer.frame()) == expected
    assert await peer.frame() is None
    peer.writer.close()
    assert (await events.next())[0] == "open"
    assert await events.next() == ("close", None, None)
    lines = [r for r in caplog.records if r.name in ("etesian.general", "etesian.application")]
    assert [line.exc_info for line in lines] == [None]
    assert (await raw(port)).head.startswith(b"HTTP/1.1 101 ")


@pytest.mark.spec("S216", "B-WS-023")
async def test_a_message_that_is_too_large_is_refused_while_it_is_still_sent(
    serve, raw, recorder, events
):
    port = await serve(("/", recorder, {"events": events}), websocket_max_message_size=1000)
    peer = await raw(port)
    peer.send_frame(BINARY, bytes(1000))
    await events.next()
    assert await events.next() == ("message", bytes(1000))
    # The peer is told why, although 8 MiB that nobody wants are on their way: no reset
    # overtakes the Close.
    peer.send_frame(BINARY, bytes(8 << 20))
    assert code(await peer.frame()) == 1009
    assert await peer.frame() is None
    peer.writer.close()
    assert (await events.next())[0] == "close"


@pytest.mark.spec("S218", "B-WS-024")
async def test_a_deflate_bomb_is_refused(serve, recorder, events):
    port = await serve(
        ("/", recorder, {"events": events, "compression": {}}), websocket_max_message_size=100_000
    )
    async with websockets.connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(bytes(20 << 20))
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1009


@pytest.mark.spec("B-WS-017")
async def test_while_a_coroutine_handles_a_message_the_next_one_waits(serve, raw, echo):
    class Slow(echo):
        async def on_message(self, message):
            self.write_message(f"begin {message}")
            await asyncio.sleep(0.02)
            self.write_message(f"end {message}")

    peer = await raw(await serve(("/", Slow)))
    for text in (b"1", b"2"):
        peer.send_frame(TEXT, text)
    peer.send_frame(PING, b"now")
    peer.send_frame(CLOSE, b"\x03\xe8")
    seen = [await peer.frame() for _ in range(6)]
    # The ping need not wait, and the close comes after the messages before it.
    assert sorted(frame.payload for frame in seen[:2]) == [b"begin 1", b"now"]
    assert [f.payload for f in seen[2:]] == [b"end 1", b"begin 2", b"end 2", b"\x03\xe8"]


@pytest.mark.spec("B-WS-017")
async def test_a_coroutine_open_comes_before_the_first_message(serve, raw, echo):
    class Slow(echo):
        async def open(self):
            await asyncio.sleep(0.02)
            self.write_message("opened")

    peer = await raw(await serve(("/", Slow)))
    peer.send_frame(TEXT, b"first")
    assert (await peer.frame()).payload == b"opened"
    assert (await peer.frame()).payload == b"first"


async def test_a_busy_handler_makes_a_fast_sender_wait(serve, raw, echo, eventually):
    go_on = asyncio.Event()
    connections = []

    class Busy(echo):
        async def on_message(self, message):
            connections.append(self.ws_connection)
            await go_on.wait()
            self.write_message(message)

    peer = await raw(await serve(("/", Busy)))
    for _ in range(200):
        peer.send_frame(TEXT, b"x")
    await eventually(lambda: connections and not connections[0].is_reading)
    go_on.set()
    for _ in range(200):
        assert (await peer.frame()).payload == b"x"


@pytest.mark.spec("B-WS-018")
@pytest.mark.parametrize("method", ["on_message", "later", "open", "on_ping"])
async def test_an_exception_is_logged_and_closes_with_1011(serve, raw, echo, method, caplog):
    class Failing(echo):
        def open(self):
            if method == "open":
                raise ZeroDivisionError

        def on_message(self, message):
            if method == "later":
                return self.fail_later()
            raise ZeroDivisionError

        async def fail_later(self):
            await asyncio.sleep(0)
            raise ZeroDivisionError

        def on_ping(self, data):
            raise ZeroDivisionError

    peer = await raw(await serve(("/", Failing)))
    peer.send_frame(*((PING, b"") if method == "on_ping" else (TEXT, b"x")))
    frame = await peer.frame()
    if frame.opcode == PONG:
        frame = await peer.frame()
    assert code(frame) == 1011
    errors = [r for r in caplog.records if r.name == "etesian.application"]
    assert len(errors) == 1
    assert errors[0].exc_info[0] is ZeroDivisionError


@pytest.mark.spec("B-WS-018")
async def test_log_exception_of_the_handler_is_used(serve, raw, echo, events):
    class Reporting(echo):
        def on_message(self, message):
            raise KeyError(message)

        def log_exception(self, typ, value, tb):
            self.events.put_nowait((typ, value.args))

    peer = await raw(await serve(("/", Reporting, {"events": events})))
    await events.next()
    peer.send_frame(TEXT, b"x")
    assert await events.next() == (KeyError, ("x",))


@pytest.mark.spec("B-WS-019", "B-WS-020")
async def test_text_binary_and_json(serve, raw, recorder, events):
    peer = await raw(await serve(("/", recorder, {"events": events})))
    _, handler = await events.next()
    for arguments, expected in (
        (("text",), (TEXT, b"text")),
        (({"k": ["é"]},), (TEXT, b'{"k": ["\\u00e9"]}')),
        ((b"utf-8 \xc3\xa9",), (TEXT, b"utf-8 \xc3\xa9")),
        ((b"\xff", True), (BINARY, b"\xff")),
        (("é", True), (BINARY, b"\xc3\xa9")),
    ):
        handler.write_message(*arguments)
        assert (await peer.frame())[:2] == expected
    with pytest.raises(UnicodeDecodeError):
        handler.write_message(b"\xff")
    with pytest.raises(TypeError, match="got list"):
        handler.write_message([1])


@pytest.mark.spec("B-WS-030", "B-WS-032", "B-WS-033", "B-WS-034")
@pytest.mark.parametrize(
    ("payload", "seen", "echoed"),
    [
        (b"", (None, None), b""),
        (b"\x03\xe9", (1001, None), b"\x03\xe9"),
        (b"\x0f\xa0bye", (4000, "bye"), b"\x0f\xa0"),
    ],
)
async def test_the_peers_close_is_answered_with_its_code(
    serve, raw, recorder, events, payload, seen, echoed
):
    peer = await raw(await serve(("/", recorder, {"events": events})))
    _, handler = await events.next()
    peer.send_frame(CLOSE, payload)
    assert (await peer.frame())[:2] == (CLOSE, echoed)
    assert await peer.frame() is None
    assert await events.next() == ("close", *seen)
    assert events.empty()
    assert handler.ws_connection is None


@pytest.mark.spec("B-WS-030", "B-WS-033")
async def test_our_close_reaches_a_foreign_client(serve, echo):
    class Closing(echo):
        def on_message(self, message):
            self.close(4001, "enough")

    port = await serve(("/", Closing))
    async with websockets.connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send("x")
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4001, "enough")


@pytest.mark.spec("S224")
async def test_a_peer_that_never_closes_is_dropped(serve, raw, recorder, events, monkeypatch):
    from etesian.websocket import options

    monkeypatch.setattr(
        options.ConnectionOptions.__init__,
        "__kwdefaults__",
        {**options.ConnectionOptions.__init__.__kwdefaults__, "close_timeout": 0.05},
    )
    peer = await raw(await serve(("/", recorder, {"events": events})))
    _, handler = await events.next()
    handler.close(1001)
    assert code(await peer.frame()) == 1001
    peer.send_frame(TEXT, b"ignored")
    await peer.read_to_end()
    assert await events.next() == ("close", None, None)


@pytest.mark.spec("S224")
async def test_what_follows_the_peers_close_is_ignored(serve, raw, recorder, events):
    peer = await raw(await serve(("/", recorder, {"events": events})))
    await events.next()
    peer.send(b"\x88\x80abcd" + b"\x81\x80abcd" + b"\xff" * 50)
    assert code(await peer.frame()) is None
    assert (await events.next())[0] == "close"


@pytest.mark.spec("B-WS-034", "B-WS-035")
async def test_an_abrupt_end_calls_on_close_once_and_logs_no_trace(
    serve, raw, recorder, events, caplog
):
    peer = await raw(await serve(("/", recorder, {"events": events})))
    _, handler = await events.next()
    peer.writer.transport.abort()
    assert await events.next() == ("close", None, None)
    handler.close()
    await asyncio.sleep(0.01)
    assert events.empty()
    assert not [r for r in caplog.records if r.exc_info]


@pytest.mark.spec("B-WS-021")
async def test_writing_after_the_end_raises(serve, raw, recorder, events):
    peer = await raw(await serve(("/", recorder, {"events": events})))
    _, handler = await events.next()
    handler.close()
    for send in (lambda: handler.write_message("x"), handler.ping):
        with pytest.raises(WebSocketClosedError):
            send()
    peer.send_frame(CLOSE)
    await events.next()
    for send in (lambda: handler.write_message("x"), handler.ping):
        with pytest.raises(WebSocketClosedError):
            send()


@pytest.mark.spec("S221")
async def test_concurrent_writers_keep_their_frames_whole(serve, echo):
    class Burst(WebSocketHandler):
        def get_compression_options(self):
            return {"context_takeover": True}

        async def on_message(self, message):
            async def send(i):
                await asyncio.sleep(0)
                await self.write_message(f"{i}-" * 500)

            await asyncio.gather(*[send(i) for i in range(50)])

    port = await serve(("/", Burst))
    async with websockets.connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send("go")
        got = {await client.recv() for _ in range(50)}
    assert got == {f"{i}-" * 500 for i in range(50)}
