from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.websocket.wire.errors import ProtocolError
from etesian.websocket.wire.frames import BINARY, CONTINUATION, TEXT, Frame
from etesian.websocket.wire.messages import MessageAssembler


def assemble(*frames, max_size=1000, max_fragments=16):
    assembler = MessageAssembler(max_size=max_size, max_fragments=max_fragments)
    return [assembler.add(frame) for frame in frames]


def fragment(opcode, payload):
    return Frame(opcode, payload, fin=False)


def code_of(*frames, **limits):
    with pytest.raises(ProtocolError) as caught:
        assemble(*frames, **limits)
    return caught.value.close_code


@pytest.mark.spec("B-WS-015", "B-WS-063")
@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (Frame(TEXT, b""), ""),
        (Frame(TEXT, b"a\x00b"), "a\x00b"),
        (Frame(TEXT, "κόσμε".encode()), "κόσμε"),
        (Frame(BINARY, b""), b""),
        (Frame(BINARY, b"\x00\xff"), b"\x00\xff"),
    ],
)
def test_a_whole_message_keeps_its_type(frame, message):
    assert assemble(frame) == [message]


@pytest.mark.spec("B-WS-025", "S222")
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60), size=st.integers(1, 9))
def test_text_comes_back_however_it_is_cut(text, size):
    data = text.encode()
    pieces = [data[i : i + size] for i in range(0, len(data), size)] or [b""]
    frames = [fragment(CONTINUATION if i else TEXT, piece) for i, piece in enumerate(pieces)]
    frames.append(Frame(CONTINUATION, b""))
    assert assemble(*frames, max_fragments=500)[-1] == text


@pytest.mark.spec("B-WS-025")
def test_the_assembler_is_ready_for_the_next_message():
    results = assemble(
        fragment(BINARY, b"ab"),
        Frame(CONTINUATION, b"c"),
        fragment(TEXT, b"d"),
        Frame(CONTINUATION, b""),
        Frame(TEXT, b"e"),
    )
    assert results == [None, b"abc", None, "d", "e"]


@pytest.mark.spec("S214", "B-WS-028")
@pytest.mark.parametrize(
    "frames",
    [
        [Frame(CONTINUATION, b"a")],
        [fragment(CONTINUATION, b"a")],
        [fragment(TEXT, b"a"), Frame(TEXT, b"b")],
        [fragment(TEXT, b"a"), fragment(BINARY, b"b")],
        [Frame(TEXT, b"a"), Frame(CONTINUATION, b"b")],
    ],
)
def test_fragments_out_of_place(frames):
    assert code_of(*frames) == 1002


@pytest.mark.spec("S222", "B-WS-016")
@pytest.mark.parametrize(
    "payload", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xce"]
)
def test_text_that_is_not_utf8(payload):
    assert code_of(Frame(TEXT, payload)) == 1007
    assert code_of(fragment(TEXT, payload), Frame(CONTINUATION, b"")) == 1007


@pytest.mark.spec("S222")
def test_bad_text_fails_at_its_first_fragment_not_at_the_end():
    assert code_of(fragment(TEXT, b"ok"), fragment(CONTINUATION, b"\xf4\x90")) == 1007


@pytest.mark.spec("S217", "B-WS-024")
def test_fragments_count_together_against_the_size():
    frames = [fragment(BINARY, bytes(60)), Frame(CONTINUATION, bytes(41))]
    assert code_of(*frames, max_size=100) == 1009
    assert assemble(*frames, max_size=101)[-1] == bytes(101)


@pytest.mark.spec("S217")
def test_fragments_without_bytes_are_counted():
    frames = [fragment(TEXT, b""), *[fragment(CONTINUATION, b"")] * 16]
    assert code_of(*frames, max_fragments=16) == 1008


@pytest.mark.spec("B-WS-023")
def test_a_whole_message_that_is_too_large():
    assert code_of(Frame(TEXT, bytes(11)), max_size=10) == 1009


def test_what_may_still_come_shrinks_with_every_fragment():
    assembler = MessageAssembler(max_size=100, max_fragments=16)
    assert assembler.remaining == 100
    assembler.add(fragment(BINARY, bytes(70)))
    assert assembler.remaining == 30
    assembler.add(Frame(CONTINUATION, b""))
    assert assembler.remaining == 100
