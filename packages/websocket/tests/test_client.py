"""The client against a foreign server, our own, and servers that lie."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import time

import pytest
import trustme
import websockets

from etesian.http_wire.interface import HTTPClientError, HTTPRequest
from etesian.web.interface import HTTPError, RequestHandler
from etesian.websocket import (
    WebSocketClientConnection,
    WebSocketClosedError,
    WebSocketError,
    websocket_connect,
)
from etesian.websocket.wire.frames import serialise_frame
from etesian.websocket.wire.handshake import accept_key


@pytest.fixture
async def foreign(anyio_backend):
    """Start a server of the websockets library with this handler; give its port."""
    servers = []

    async def start(handler, **options):
        server = await websockets.serve(handler, "127.0.0.1", 0, **options)
        servers.append(server)
        return server.sockets[0].getsockname()[1]

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


async def echo_back(peer):
    async for message in peer:
        await peer.send(message)


@pytest.fixture
async def liar(anyio_backend):
    """Start a server that answers the handshake as told, and then says nothing; give its port."""
    servers, writers = [], []

    async def start(answer, frames=b""):
        async def serve_one(reader, writer):
            writers.append(writer)
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            start.asked.set()
            key = head.partition("Sec-Websocket-Key: ")[2].partition("\r\n")[0]
            writer.write(answer.replace("ACCEPT", accept_key(key)).encode() + frames)

        server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
        servers.append(server)
        return server.sockets[0].getsockname()[1]

    start.asked = asyncio.Event()
    yield start
    for one in (*writers, *servers):
        one.close()
        with contextlib.suppress(OSError):
            await one.wait_closed()
    await asyncio.sleep(0.01)  # the clients of the test see the end


@pytest.mark.spec("B-WS-047", "B-WS-015", "B-WS-029", "B-WS-044", "B-WS-063")
@pytest.mark.parametrize("compression", [None, {}, {"context_takeover": True}])
async def test_echo_with_a_foreign_server(foreign, compression):
    port = await foreign(echo_back, max_size=None)
    connecting = websocket_connect(f"ws://127.0.0.1:{port}/", compression_options=compression)
    assert isinstance(connecting, asyncio.Future)
    client = await connecting
    assert isinstance(client, WebSocketClientConnection)
    for message in ("", b"", "a\x00é", *(bytes(n) for n in (125, 126, 65535, 65536, 2 << 20))):
        client.write_message(message, binary=isinstance(message, bytes))
        assert await client.read_message() == message
    client.close(4000, "done")
    assert await client.read_message() is None
    assert client.close_code == 4000


@pytest.mark.spec("B-WS-053", "B-WS-030", "B-WS-033")
async def test_messages_before_the_end_are_all_read_then_none(foreign):
    async def say_and_leave(peer):
        for i in range(10):
            await peer.send(str(i))
        await peer.close(4002, "that was all")

    client = await websocket_connect(f"ws://127.0.0.1:{await foreign(say_and_leave)}/")
    await asyncio.sleep(0.05)
    assert [message async for message in client] == [str(i) for i in range(10)]
    assert (client.close_code, client.close_reason) == (4002, "that was all")
    assert await client.read_message() is None
    with pytest.raises(WebSocketClosedError):
        client.write_message("late")


@pytest.mark.spec("B-WS-060")
async def test_closing_what_is_gone_does_nothing(foreign):
    async def leave(peer):
        peer.transport.abort()

    client = await websocket_connect(f"ws://127.0.0.1:{await foreign(leave)}/")
    assert await client.read_message() is None
    client.close()
    client.close(1000, "again")


async def test_a_cancelled_read_loses_no_message(foreign):
    client = await websocket_connect(f"ws://127.0.0.1:{await foreign(echo_back)}/")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await client.read_message()
    client.write_message("kept")
    assert await client.read_message() == "kept"
    client.close()
    await client.read_message()


async def test_two_readers_are_a_mistake(foreign):
    client = await websocket_connect(f"ws://127.0.0.1:{await foreign(echo_back)}/")
    first = asyncio.ensure_future(client.read_message())
    await asyncio.sleep(0)
    with pytest.raises(AssertionError, match="already"):
        await client.read_message()
    client.close()
    assert await first is None


async def test_a_client_that_does_not_read_makes_the_server_wait(foreign):
    sent = []

    async def pour(peer):
        for i in range(100):
            await peer.send(bytes(1 << 18))
            sent.append(i)

    client = await websocket_connect(f"ws://127.0.0.1:{await foreign(pour)}/")
    await asyncio.sleep(0.1)
    assert len(sent) < 80
    for _ in range(100):
        assert len(await client.read_message()) == 1 << 18
    assert await client.read_message() is None


@pytest.mark.spec("B-WS-054", "B-WS-055")
async def test_a_callback_gets_every_message_and_finally_none(foreign):
    seen = asyncio.Queue()
    port = await foreign(echo_back)
    client = await websocket_connect(f"ws://127.0.0.1:{port}/", on_message_callback=seen.put_nowait)
    reading = asyncio.ensure_future(client.read_message())
    client.write_message("a")
    client.write_message(b"b", binary=True)
    assert [await seen.get(), await seen.get()] == ["a", b"b"]
    client.close()
    assert await seen.get() is None
    assert await reading is None


async def test_an_exception_of_the_callback_is_logged_and_closes(foreign, caplog):
    def fail(message):
        if message is not None:
            raise ZeroDivisionError

    port = await foreign(echo_back)
    client = await websocket_connect(f"ws://127.0.0.1:{port}/", on_message_callback=fail)
    client.write_message("x")
    assert await client.read_message() is None
    assert [r.exc_info[0] for r in caplog.records] == [ZeroDivisionError]


@pytest.mark.spec("B-WS-048")
async def test_a_request_with_headers_is_accepted(foreign):
    async def tell(peer):
        await peer.send(peer.request.headers["X-Mine"])

    port = await foreign(tell)
    request = HTTPRequest(f"ws://127.0.0.1:{port}/", headers={"X-Mine": "yes"})
    client = await websocket_connect(request)
    assert await client.read_message() == "yes"
    assert request.url.startswith("ws://")
    assert "Upgrade" not in request.headers


@pytest.mark.spec("B-WS-040")
async def test_subprotocols_are_offered_and_the_choice_is_known(foreign):
    port = await foreign(echo_back, subprotocols=["b"])
    client = await websocket_connect(f"ws://127.0.0.1:{port}/", subprotocols=["a", "b"])
    assert client.selected_subprotocol == "b"
    client.close()
    await client.read_message()


@pytest.mark.spec("B-WS-049")
async def test_a_closed_port_fails_at_once():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(OSError):
        await websocket_connect(f"ws://127.0.0.1:{port}/")
    assert time.monotonic() - started < 2


@pytest.mark.spec("B-WS-050", "B-WS-051", "S232")
async def test_a_page_or_an_error_is_not_a_websocket(serve):
    class Page(RequestHandler):
        def get(self, status):
            if status == "302":
                self.redirect("http://127.0.0.1:9/")
            elif status != "200":
                raise HTTPError(int(status))

    port = await serve((r"/(\d+)", Page))
    with pytest.raises(WebSocketError, match="200"):
        await websocket_connect(f"ws://127.0.0.1:{port}/200")
    for status in (403, 404, 500, 302):
        with pytest.raises(HTTPClientError) as caught:
            await websocket_connect(f"ws://127.0.0.1:{port}/{status}")
        assert caught.value.code == status


@pytest.mark.spec("B-WS-052")
async def test_connect_timeout_limits_connecting():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        try:
            for _ in range(8):  # fill the backlog: the next one gets no answer
                one = socket.socket()
                waiting.append(one)
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            port = full.getsockname()[1]
            with pytest.raises((TimeoutError, HTTPClientError)):
                await websocket_connect(f"ws://127.0.0.1:{port}/", connect_timeout=0.1)
        finally:
            for one in waiting:
                one.close()


@pytest.mark.spec("B-WS-057")
async def test_wss_verifies_the_certificate(serve, echo, foreign):
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server_side)
    client_side = ssl.create_default_context()
    port = await foreign(echo_back, ssl=server_side)
    with pytest.raises(ssl.SSLCertVerificationError):
        await websocket_connect(HTTPRequest(f"wss://localhost:{port}/", ssl_options=client_side))
    authority.configure_trust(client_side)
    for secure_port in (port, await serve(("/", echo), ssl_options=server_side)):
        request = HTTPRequest(f"wss://localhost:{secure_port}/", ssl_options=client_side)
        client = await websocket_connect(request)
        client.write_message("secret")
        assert await client.read_message() == "secret"
        client.close()
        assert await client.read_message() is None


@pytest.mark.spec("B-WS-058", "B-WS-032")
async def test_the_client_may_close_first(serve, recorder, events):
    port = await serve(("/", recorder, {"events": events}))
    client = await websocket_connect(f"ws://127.0.0.1:{port}/")
    client.close(1001, "leaving")
    assert await client.read_message() is None
    assert client.close_code == 1001
    await events.next()
    assert await events.next() == ("close", 1001, "leaving")


@pytest.mark.spec("B-WS-059", "B-WS-023", "S231")
async def test_max_message_size_holds_on_the_client(serve, echo, caplog):
    caplog.set_level(logging.INFO, "etesian.general")
    port = await serve(("/", echo))
    client = await websocket_connect(f"ws://127.0.0.1:{port}/", max_message_size=10)
    client.write_message("x" * 11)
    assert await client.read_message() is None
    assert "1009" in caplog.text


@pytest.mark.spec("B-WS-059", "B-WS-038")
async def test_ping_interval_and_timeout_hold_on_the_client(serve, recorder, events, liar):
    port = await serve(("/", recorder, {"events": events}))
    client = await websocket_connect(f"ws://127.0.0.1:{port}/", ping_interval=0.02)
    await events.next()
    assert await events.next() == ("ping", b"")
    client.close()
    await client.read_message()
    silent = await liar(ANSWER)
    client = await websocket_connect(
        f"ws://127.0.0.1:{silent}/", ping_interval=0.02, ping_timeout=0.02
    )
    async with asyncio.timeout(2):
        assert await client.read_message() is None


@pytest.mark.spec("B-WS-036", "B-WS-037")
async def test_ping_and_pong_with_a_foreign_server(foreign):
    pongs = asyncio.Queue()

    async def ping_back(peer):
        await (await peer.ping(b"server's"))
        await peer.send("answered")
        await peer.wait_closed()

    client = await websocket_connect(f"ws://127.0.0.1:{await foreign(ping_back)}/")
    client.on_pong = pongs.put_nowait
    assert await client.read_message() == "answered"
    client.ping(b"client's")
    assert await pongs.get() == b"client's"
    client.close()
    await client.read_message()


ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: ACCEPT\r\n"
    "\r\n"
)


@pytest.mark.spec("S231")
@pytest.mark.parametrize(
    "answer",
    [
        ANSWER.replace("ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ANSWER.replace("Upgrade: websocket\r\n", "Upgrade: other\r\n"),
        ANSWER.replace("Connection: Upgrade\r\n", "Connection: keep-alive\r\n"),
        ANSWER.replace("ACCEPT", "ACCEPT\r\nSec-WebSocket-Protocol: x"),
        ANSWER.replace("ACCEPT", "ACCEPT\r\nSec-WebSocket-Extensions: permessage-deflate"),
    ],
)
async def test_a_server_that_lies_in_the_handshake_is_not_believed(liar, answer):
    with pytest.raises(WebSocketError):
        await websocket_connect(f"ws://127.0.0.1:{await liar(answer)}/")


@pytest.mark.spec("S231", "S210", "S230")
async def test_a_server_must_not_mask(liar):
    good = await liar(ANSWER, serialise_frame(1, b"early"))
    client = await websocket_connect(f"ws://127.0.0.1:{good}/")
    assert await client.read_message() == "early"
    bad = await liar(ANSWER, serialise_frame(1, b"masked", mask_key=b"abcd"))
    client = await websocket_connect(f"ws://127.0.0.1:{bad}/")
    assert await client.read_message() is None


@pytest.mark.parametrize("url", ["ftp://a/", "a/b", "", "javascript:1"])
async def test_a_url_of_another_scheme_is_refused_at_once(url):
    with pytest.raises(ValueError, match="ws: or wss:"):
        websocket_connect(url)


async def test_cancelling_closes_the_connection(liar):
    client = websocket_connect(f"ws://127.0.0.1:{await liar('')}/")
    await liar.asked.wait()
    client.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client
