from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.websocket.interface import WebSocketClosedError
from etesian.websocket.wire.deflate import DeflateOptions, DeflateParameters
from etesian.websocket.wire.errors import ProtocolError
from etesian.websocket.wire.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    FrameParser,
    serialise_frame,
)
from etesian.websocket.wire.protocol import Close, Ping, Pong, Side, State, WireProtocol

KEY = b"\x10\x20\x30\x40"


def server(**options):
    return WireProtocol(Side.SERVER, max_message_size=1000, **options)


def client(**options):
    return WireProtocol(Side.CLIENT, max_message_size=1000, **options)


def events(wire):
    found = []
    while (event := wire.next_event()) is not None:
        found.append(event)
    return found


def masked(opcode, payload=b"", **flags):
    return serialise_frame(opcode, payload, mask_key=KEY, **flags)


def deflating(**takeover):
    agreed = DeflateParameters(**takeover)
    options = DeflateOptions(context_takeover=not takeover)
    pair = {"deflate": agreed, "deflate_options": options}
    return client(**pair), server(**pair)


@pytest.mark.spec("B-WS-025", "B-WS-036")
def test_control_frames_between_fragments():
    wire = server()
    wire.feed(
        masked(TEXT, b"Hel", fin=False)
        + masked(PING, b"?")
        + masked(CONTINUATION, b"l", fin=False)
        + masked(PONG, b"!")
        + masked(CONTINUATION, b"o")
    )
    assert events(wire) == [Ping(b"?"), Pong(b"!"), "Hello"]


MESSAGES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.binary(max_size=500)
)


@pytest.mark.spec("B-WS-015", "B-WS-063", "S221")
@given(messages=st.lists(MESSAGES, max_size=6), step=st.integers(1, 600))
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: (client(), server()), id="client to server"),
        pytest.param(lambda: (server(), client()), id="server to client"),
        pytest.param(deflating, id="deflate"),
        pytest.param(
            lambda: deflating(server_no_context_takeover=True, client_no_context_takeover=True),
            id="deflate without context",
        ),
    ],
)
def test_messages_come_back_at_every_split(make, messages, step):
    sender, receiver = make()
    data = b"".join(sender.message_frame(message) for message in messages)
    found = []
    for start in range(0, len(data), step):
        receiver.feed(data[start : start + step])
        found += events(receiver)
    assert found == messages


@pytest.mark.spec("B-WS-044", "B-WS-045")
def test_compressed_messages_may_be_fragmented():
    sender, receiver = deflating()
    parser = FrameParser(masked=True, max_payload=1000, rsv1_allowed=True)
    parser.feed(sender.message_frame("compress " * 50))
    packed = parser.next_frame().payload
    assert len(packed) < 40
    receiver.feed(masked(TEXT, packed[:5], fin=False, rsv1=True))
    receiver.feed(masked(CONTINUATION, packed[5:], fin=False))
    receiver.feed(masked(CONTINUATION, b""))
    assert events(receiver) == ["compress " * 50]


@pytest.mark.spec("B-WS-045")
def test_with_the_extension_a_message_may_still_come_plain():
    _, receiver = deflating()
    receiver.feed(masked(TEXT, b"plain"))
    assert events(receiver) == ["plain"]


@pytest.mark.spec("S218", "B-WS-024")
def test_the_size_limit_is_that_of_the_unpacked_message():
    sender, receiver = deflating()
    receiver.feed(sender.message_frame(bytes(1000)))
    assert events(receiver) == [bytes(1000)]
    receiver.feed(sender.message_frame(bytes(1001)))
    with pytest.raises(ProtocolError) as caught:
        receiver.next_event()
    assert caught.value.close_code == 1009


@pytest.mark.spec("S211")
def test_every_frame_of_a_client_has_its_own_mask():
    wire = client()
    masks = {wire.message_frame(b"same")[2:6] for _ in range(50)}
    assert len(masks) == 50


@pytest.mark.spec("B-WS-032")
def test_the_state_follows_the_closing_handshake():
    ours, theirs = client(), server()
    theirs.feed(ours.close_frame(1001, "bye"))
    assert ours.state is State.CLOSING
    assert events(theirs) == [Close(1001, "bye")]
    assert theirs.state is State.ANSWERING
    theirs.message_frame("still allowed")
    ours.feed(theirs.close_frame(1001))
    assert theirs.state is State.CLOSED
    assert events(ours) == [Close(1001, None)]
    assert ours.state is State.CLOSED


@pytest.mark.spec("S224")
def test_what_follows_a_close_is_ignored():
    wire = server()
    wire.feed(masked(CLOSE) + masked(TEXT, b"late") + b"\xff\xff")
    assert events(wire) == [Close(None, None)]
    wire.feed(b"\xff" * 100)
    assert events(wire) == []


@pytest.mark.spec("B-WS-021")
def test_nothing_is_sent_after_our_close():
    wire = server()
    wire.close_frame()
    for send in (lambda: wire.message_frame("x"), lambda: wire.ping_frame(b""), wire.close_frame):
        with pytest.raises(WebSocketClosedError):
            send()


def test_a_close_that_may_not_be_sent_changes_nothing():
    wire = server()
    with pytest.raises(ValueError, match="1005"):
        wire.close_frame(1005)
    assert wire.state is State.OPEN


@pytest.mark.spec("S214", "S223", "S222")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (masked(CONTINUATION, b"x"), 1002),
        (masked(BINARY, b"x", fin=False) + masked(TEXT, b"y"), 1002),
        (masked(CLOSE, b"\x03"), 1002),
        (masked(CLOSE, b"\x03\xed"), 1002),
        (masked(CLOSE, b"\x03\xe8\xff"), 1007),
        (masked(TEXT, b"\xff"), 1007),
    ],
)
def test_after_an_error_nothing_more_is_read(data, code):
    wire = server()
    wire.feed(masked(TEXT, b"before") + data + masked(TEXT, b"after"))
    assert wire.next_event() == "before"
    with pytest.raises(ProtocolError) as caught:
        wire.next_event()
    assert caught.value.close_code == code
    assert wire.state is State.FAILED
    assert events(wire) == []
    assert wire.fail_frame(code, "")[2:] == code.to_bytes(2, "big")


@given(data=st.binary(max_size=300), step=st.integers(1, 9))
def test_any_bytes_mean_the_same_at_any_split(data, step):
    def outcome(step):
        wire = server()
        seen = []
        try:
            for start in range(0, len(data), step):
                wire.feed(data[start : start + step])
                while (event := wire.next_event()) is not None:
                    seen.append(event)
        except ProtocolError as error:
            seen.append((error.close_code, str(error)))
        return seen, wire.state

    assert outcome(step) == outcome(len(data) or 1)
