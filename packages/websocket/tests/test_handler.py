"""The opening handshake and the handler's methods, over real sockets."""

from __future__ import annotations

import logging

import pytest

from etesian.web.interface import HTTPError, RequestHandler
from etesian.websocket import WebSocketHandler
from etesian.websocket.wire.frames import CLOSE, PING, PONG, TEXT


class Permissive(WebSocketHandler):
    def check_origin(self, origin):
        return True

    def on_message(self, message):
        self.write_message(message)


@pytest.mark.spec("B-WS-001")
async def test_a_valid_handshake_is_answered_101_with_the_right_proof(serve, raw, echo):
    peer = await raw(await serve(("/", echo)))
    assert peer.head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert peer.fields("Sec-WebSocket-Accept") == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]
    assert peer.fields("Upgrade") == ["websocket"]
    assert peer.fields("Connection") == ["Upgrade"]
    assert peer.fields("Content-Type") == []
    assert peer.fields("Content-Length") == []
    assert peer.fields("Sec-WebSocket-Extensions") == []


@pytest.mark.spec("B-WS-002", "B-WS-003", "B-WS-005", "B-WS-061", "S228")
@pytest.mark.parametrize(
    ("without", "extra"),
    [
        (["Upgrade"], []),
        (["Upgrade"], [("Upgrade", "h2c")]),
        (["Connection"], []),
        (["Connection"], [("Connection", "keep-alive")]),
        (["Sec-WebSocket-Key"], []),
        (["Sec-WebSocket-Key"], [("Sec-WebSocket-Key", "short")]),
        ([], [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]),
        ([], [("Sec-WebSocket-Protocol", "ch\xe4t")]),
        ([], [("Sec-WebSocket-Extensions", "a;;b")]),
    ],
)
async def test_what_is_no_handshake_is_answered_400_and_http_goes_on(
    serve, raw, echo, without, extra, caplog
):
    caplog.set_level(logging.INFO, "etesian.general")
    peer = await raw(await serve(("/", echo)), *extra, without=without)
    assert peer.head.startswith(b"HTTP/1.1 400 ")
    assert peer.fields("Content-Type") == ["text/plain; charset=UTF-8"]
    assert len([r for r in caplog.records if r.name == "etesian.general"]) == 1
    await peer.reader.readexactly(int(peer.fields("Content-Length")[0]))
    peer.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await peer.read_head() == 400


@pytest.mark.spec("S228")
@pytest.mark.parametrize(("method", "version"), [("GET", "HTTP/1.0"), ("POST", "HTTP/1.1")])
async def test_only_a_get_of_http_1_1_is_upgraded(serve, raw, echo, method, version):
    peer = await raw(
        await serve(("/", echo)), ("Content-Length", "0"), method=method, version=version
    )
    assert b" 101 " not in peer.head


@pytest.mark.spec("B-WS-003")
async def test_connection_may_be_a_list(serve, raw, echo):
    port = await serve(("/", echo))
    peer = await raw(port, ("Connection", "keep-alive, uPGRADE"), without=["Connection"])
    assert peer.head.startswith(b"HTTP/1.1 101 ")


@pytest.mark.spec("B-WS-004", "B-WS-061", "S228")
@pytest.mark.parametrize("version", [None, "8", "12", "14", "x"])
async def test_another_version_is_told_which_one_is_spoken(serve, raw, echo, version):
    extra = [] if version is None else [("Sec-WebSocket-Version", version)]
    peer = await raw(await serve(("/", echo)), *extra, without=["Sec-WebSocket-Version"])
    assert peer.head.startswith(b"HTTP/1.1 426 ")
    assert peer.fields("Sec-WebSocket-Version") == ["13"]


@pytest.mark.spec("B-WS-006", "B-WS-007", "B-WS-010", "S227")
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example@127.0.0.1:{port}",
        "null",
        "http://127.0.0.1:{port}/path",
        "][",
        "http://[",
    ],
)
async def test_a_foreign_or_malformed_origin_is_answered_403(serve, raw, echo, origin):
    port = await serve(("/", echo))
    peer = await raw(port, ("Origin", origin.format(port=port)))
    assert peer.head.startswith(b"HTTP/1.1 403 ")


@pytest.mark.spec("S227")
async def test_two_origins_are_none(serve, raw):
    port = await serve(("/", Permissive))
    peer = await raw(port, ("Origin", "http://a"), ("Origin", "http://b"))
    assert peer.head.startswith(b"HTTP/1.1 403 ")


@pytest.mark.spec("B-WS-007")
async def test_the_own_origin_is_accepted(serve, raw, echo):
    port = await serve(("/", echo))
    peer = await raw(port, ("Origin", f"http://127.0.0.1:{port}"))
    assert peer.head.startswith(b"HTTP/1.1 101 ")


@pytest.mark.spec("B-WS-008")
async def test_without_an_origin_check_origin_is_not_asked(serve, raw):
    class Unasked(WebSocketHandler):
        def check_origin(self, origin):
            raise AssertionError("asked")

    peer = await raw(await serve(("/", Unasked)))
    assert peer.head.startswith(b"HTTP/1.1 101 ")


@pytest.mark.spec("B-WS-009")
async def test_check_origin_may_accept_all(serve, raw):
    peer = await raw(await serve(("/", Permissive)), ("Origin", "http://evil.example"))
    assert peer.head.startswith(b"HTTP/1.1 101 ")


@pytest.mark.spec("B-WS-011")
async def test_prepare_may_refuse_with_an_ordinary_response(serve, raw, echo):
    class Refusing(echo):
        def prepare(self):
            raise HTTPError(401)

    class Finishing(echo):
        def prepare(self):
            self.set_status(402)
            self.finish("pay")

    class LaterRefusing(echo):
        async def prepare(self):
            raise HTTPError(410)

    port = await serve(("/a", Refusing), ("/b", Finishing), ("/c", LaterRefusing))
    for path, status in (("/a", b"401"), ("/b", b"402"), ("/c", b"410")):
        peer = await raw(port, path=path)
        assert peer.head.startswith(b"HTTP/1.1 " + status)


@pytest.mark.spec("B-WS-012")
async def test_headers_and_cookies_of_prepare_are_part_of_the_101(serve, raw, echo):
    class Adorned(echo):
        def set_default_headers(self):
            self.set_header("X-Default", "1")

        async def prepare(self):
            self.set_header("X-Prepared", "2")
            self.set_cookie("seen", "yes")

    peer = await raw(await serve(("/", Adorned)))
    assert peer.head.startswith(b"HTTP/1.1 101 ")
    assert peer.fields("X-Default") == ["1"]
    assert peer.fields("X-Prepared") == ["2"]
    assert peer.fields("Set-Cookie")[0].startswith("seen=yes")


@pytest.mark.spec("B-WS-013")
async def test_open_gets_what_the_route_captured_decoded(serve, raw):
    class Captures(WebSocketHandler):
        def open(self, *args, **kwargs):
            self.write_message({"args": args, "kwargs": kwargs})

    port = await serve((r"/a/([^/]+)/([^/]+)", Captures), (r"/k/(?P<name>.+)", Captures))
    peer = await raw(port, path="/a/x%20y/%C3%A9")
    assert (await peer.frame()).payload == b'{"args": ["x y", "\\u00e9"], "kwargs": {}}'
    peer = await raw(port, path="/k/a%2Fb")
    assert (await peer.frame()).payload == b'{"args": [], "kwargs": {"name": "a/b"}}'


@pytest.mark.spec("B-WS-014")
async def test_http_output_is_a_runtime_error_after_the_handshake(serve, raw, recorder, events):
    await raw(await serve(("/", recorder, {"events": events})))
    _, handler = await events.next()
    for call in (
        lambda: handler.write("x"),
        lambda: handler.redirect("/"),
        lambda: handler.set_header("A", "b"),
        lambda: handler.set_cookie("a", "b"),
        lambda: handler.set_status(200),
        handler.flush,
        handler.finish,
    ):
        with pytest.raises(RuntimeError, match="not available on a WebSocket"):
            call()


@pytest.mark.spec("B-WS-040")
async def test_the_chosen_subprotocol_is_told_to_the_client(serve, raw):
    class Choosing(WebSocketHandler):
        def select_subprotocol(self, subprotocols):
            return subprotocols[1] if len(subprotocols) > 1 else None

        def open(self):
            self.write_message(str(self.selected_subprotocol))

    port = await serve(("/", Choosing))
    peer = await raw(port, ("Sec-WebSocket-Protocol", "one, two"))
    assert peer.fields("Sec-WebSocket-Protocol") == ["two"]
    assert (await peer.frame()).payload == b"two"
    peer = await raw(port, ("Sec-WebSocket-Protocol", "one"))
    assert peer.head.startswith(b"HTTP/1.1 101 ")
    assert peer.fields("Sec-WebSocket-Protocol") == []


@pytest.mark.spec("B-WS-041")
async def test_a_subprotocol_that_was_not_offered_is_not_sent(serve, raw, caplog):
    class Stubborn(WebSocketHandler):
        def select_subprotocol(self, subprotocols):
            return "mine"

    peer = await raw(await serve(("/", Stubborn)), ("Sec-WebSocket-Protocol", "yours"))
    assert peer.head.startswith(b"HTTP/1.1 101 ")
    assert peer.fields("Sec-WebSocket-Protocol") == []
    assert "not offered" in caplog.text


@pytest.mark.spec("B-WS-042", "B-WS-045", "S220")
@pytest.mark.parametrize(
    ("compression", "offer", "answer"),
    [
        (None, "permessage-deflate", []),
        ({}, None, []),
        ({}, "x-other", []),
        (
            {},
            "permessage-deflate; client_max_window_bits",
            ["permessage-deflate; server_no_context_takeover; client_no_context_takeover"],
        ),
        ({"context_takeover": True}, "permessage-deflate", ["permessage-deflate"]),
    ],
)
async def test_compression_is_agreed_on_or_not_mentioned(
    serve, raw, echo, compression, offer, answer
):
    port = await serve(("/", echo, {"compression": compression}))
    extra = [] if offer is None else [("Sec-WebSocket-Extensions", offer)]
    peer = await raw(port, *extra)
    assert peer.head.startswith(b"HTTP/1.1 101 ")
    assert peer.fields("Sec-WebSocket-Extensions") == answer


@pytest.mark.spec("S230")
async def test_frames_right_behind_the_request_wait_for_open(serve, raw, recorder, events):
    port = await serve(("/", recorder, {"events": events}))
    peer = await raw(port, ("X", "y\r\n\r\n\x81\x82\x00\x00\x00\x00hi\r\n"))
    assert peer.head.startswith(b"HTTP/1.1 101 ")
    assert (await events.next())[0] == "open"
    assert await events.next() == ("message", "hi")


@pytest.mark.spec("B-WS-030", "B-WS-031", "B-WS-036", "B-WS-046")
async def test_what_a_handler_can_send(serve, raw, recorder, events):
    peer = await raw(await serve(("/", recorder, {"events": events})))
    _, handler = await events.next()
    handler.set_nodelay(True)
    handler.ping("beat")
    assert (await peer.frame())[:2] == (PING, b"beat")
    peer.send_frame(PONG, b"beat")
    assert await events.next() == ("pong", b"beat")
    handler.write_message({"a": 1})
    assert (await peer.frame())[:2] == (TEXT, b'{"a": 1}')
    handler.close(reason="bye")
    assert (await peer.frame())[:2] == (CLOSE, b"\x03\xe8bye")


async def test_an_ordinary_handler_beside_it_is_served(serve, raw, echo):
    class Page(RequestHandler):
        def get(self):
            self.write("page")

    peer = await raw(await serve(("/", echo), ("/page", Page)), path="/page")
    assert peer.head.startswith(b"HTTP/1.1 200 ")


@pytest.mark.spec("B-WS-043")
async def test_wrong_compression_options_are_the_servers_error(serve, raw, echo, caplog):
    port = await serve(("/", echo, {"compression": {"compresion_level": 1}}))
    peer = await raw(port)
    assert peer.head.startswith(b"HTTP/1.1 500 ")
    assert "compression options are" in caplog.text
