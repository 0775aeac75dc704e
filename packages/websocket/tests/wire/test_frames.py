from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.websocket.wire.errors import ProtocolError
from etesian.websocket.wire.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    FrameParser,
    serialise_frame,
)

KEY = b"\x01\x02\x03\x04"


def parse(data, *, masked=False, max_payload=1 << 20, rsv1_allowed=False, step=None):
    parser = FrameParser(masked=masked, max_payload=max_payload, rsv1_allowed=rsv1_allowed)
    frames = []
    step = step or max(len(data), 1)
    for start in range(0, len(data), step):
        parser.feed(data[start : start + step])
        while (frame := parser.next_frame()) is not None:
            frames.append(frame)
    return frames


# (id, bytes, options, expected code)
REFUSED = [
    ("S210", b"\x81\x01a", {"masked": True}, 1002),
    ("S210", b"\x81\x81" + KEY + b"a", {"masked": False}, 1002),
    ("S212", b"\xc1\x01a", {}, 1002),
    ("S212", b"\xa1\x01a", {}, 1002),
    ("S212", b"\x91\x01a", {}, 1002),
    ("S212", b"\xc0\x01a", {"rsv1_allowed": True}, 1002),
    ("S212", b"\xc9\x01a", {"rsv1_allowed": True}, 1002),
    *[("S212", bytes((0x80 | opcode, 0)), {}, 1002) for opcode in (3, 4, 5, 6, 7)],
    *[("S212", bytes((0x80 | opcode, 0)), {}, 1002) for opcode in (11, 12, 13, 14, 15)],
    ("S213", b"\x89\x7e\x00\x7e" + b"a" * 126, {}, 1002),
    ("S213", b"\x88\x7f" + (126).to_bytes(8, "big"), {}, 1002),
    ("S213", b"\x09\x01a", {}, 1002),
    ("S213", b"\x08\x00", {}, 1002),
    ("S213", b"\x0a\x00", {}, 1002),
    ("S215", b"\x82\x7e\x00\x7d" + b"a" * 125, {}, 1002),
    ("S215", b"\x82\x7f" + (65535).to_bytes(8, "big"), {}, 1002),
    ("S215", b"\x82\x7f" + (1 << 63).to_bytes(8, "big"), {}, 1002),
    ("S215", b"\x82\x7f" + b"\xff" * 8, {}, 1002),
    ("S216", b"\x82\x7f" + ((1 << 63) - 1).to_bytes(8, "big"), {}, 1009),
    ("S216", b"\x82\x7e\x03\xe9", {"max_payload": 1000}, 1009),
    ("S216", b"\x02\x65", {"max_payload": 100}, 1009),
]


@pytest.mark.spec("S210", "S212", "S213", "S215", "S216", "B-WS-026", "B-WS-027")
@pytest.mark.parametrize(("case", "data", "options", "code"), REFUSED)
@pytest.mark.parametrize("step", [None, 1, 2, 3])
def test_refuses_by_the_header_at_every_split(case, data, options, code, step):
    assert case
    with pytest.raises(ProtocolError) as caught:
        parse(data, step=step, **options)
    assert caught.value.close_code == code


@pytest.mark.spec("S216")
def test_a_frame_that_is_too_large_is_refused_before_its_payload_arrives():
    parser = FrameParser(masked=True, max_payload=10)
    parser.feed(b"\x82\xfe\xff\xff")  # not even its mask is there
    with pytest.raises(ProtocolError, match="frame of 65535 bytes, expected no more than 10"):
        parser.next_frame()


@pytest.mark.spec("B-WS-029")
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70000])
@pytest.mark.parametrize("mask_key", [None, KEY], ids=["plain", "masked"])
def test_lengths_at_the_edges_of_their_encodings(size, mask_key):
    payload = bytes(size)
    data = serialise_frame(BINARY, payload, mask_key=mask_key)
    header = 2 + (0 if size < 126 else 2 if size < 65536 else 8)
    assert len(data) == header + size + (4 if mask_key else 0)
    assert parse(data, masked=mask_key is not None) == [Frame(BINARY, payload)]


@pytest.mark.parametrize(
    ("data", "frame"),
    [
        # The examples of RFC 6455, 5.7.
        ("810548656c6c6f", Frame(TEXT, b"Hello")),
        ("010348656c", Frame(TEXT, b"Hel", fin=False)),
        ("80026c6f", Frame(CONTINUATION, b"lo")),
        ("890548656c6c6f", Frame(PING, b"Hello")),
        ("82 7E 0100" + "00" * 256, Frame(BINARY, bytes(256))),
        ("82 7F 0000000000010000" + "00" * 65536, Frame(BINARY, bytes(65536))),
    ],
)
def test_the_unmasked_examples_of_the_rfc(data, frame):
    data = bytes.fromhex(data)
    assert parse(data) == [frame]
    assert serialise_frame(frame.opcode, frame.payload, fin=frame.fin) == data


@pytest.mark.parametrize(
    ("data", "opcode"), [("818537fa213d7f9f4d5158", TEXT), ("8a8537fa213d7f9f4d5158", PONG)]
)
def test_the_masked_examples_of_the_rfc(data, opcode):
    data = bytes.fromhex(data)
    assert parse(data, masked=True) == [Frame(opcode, b"Hello")]
    assert serialise_frame(opcode, b"Hello", mask_key=bytes.fromhex("37fa213d")) == data


FRAMES = st.one_of(
    st.builds(
        Frame,
        st.sampled_from([TEXT, BINARY]),
        st.binary(max_size=300),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(Frame, st.just(CONTINUATION), st.binary(max_size=300), st.booleans(), st.just(False)),
    st.builds(
        Frame,
        st.sampled_from([PING, PONG, CLOSE]),
        st.binary(max_size=125),
        st.just(True),
        st.just(False),
    ),
)


@given(
    frames=st.lists(FRAMES, max_size=8),
    cuts=st.lists(st.integers(0, 2500), max_size=12),
    mask_key=st.one_of(st.none(), st.binary(min_size=4, max_size=4)),
)
def test_frames_come_back_however_the_bytes_are_split(frames, cuts, mask_key):
    data = b"".join(
        serialise_frame(f.opcode, f.payload, fin=f.fin, rsv1=f.rsv1, mask_key=mask_key)
        for f in frames
    )
    parser = FrameParser(masked=mask_key is not None, max_payload=300, rsv1_allowed=True)
    found = []
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        parser.feed(data[start:end])
        while (frame := parser.next_frame()) is not None:
            found.append(frame)
    assert found == frames


@given(data=st.binary(max_size=200), step=st.integers(1, 7))
def test_any_bytes_give_the_same_frames_or_the_same_error_at_any_split(data, step):
    def outcome(step):
        parser = FrameParser(masked=True, max_payload=50)
        seen = []
        try:
            for start in range(0, len(data), step):
                parser.feed(data[start : start + step])
                while (frame := parser.next_frame()) is not None:
                    seen.append(frame)
        except ProtocolError as error:
            seen.append((error.close_code, str(error)))
        return seen

    assert outcome(step) == outcome(len(data) or 1)


def test_a_large_frame_in_many_pieces_is_not_copied_for_each():
    data = serialise_frame(BINARY, bytes(16 << 20), mask_key=KEY)
    started = time.perf_counter()
    assert len(parse(data, masked=True, max_payload=1 << 24, step=1024)) == 1
    # About 0.1 s. Copying what is there for each of the pieces would move 128 GiB.
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_that_is_too_long_or_in_pieces_is_never_written(opcode):
    with pytest.raises(ValueError, match="expected at most 125"):
        serialise_frame(opcode, bytes(126))
    with pytest.raises(ValueError, match="whole"):
        serialise_frame(opcode, b"", fin=False)
