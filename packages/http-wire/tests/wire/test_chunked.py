"""The chunked coding at every cut."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire import HTTPInputError, WirePolicy
from etesian.http_wire.wire.chunked import ChunkedBody
from etesian.http_wire.wire.policy import STRICT


def decode(pieces, max_size=65536, policy=STRICT):
    body = ChunkedBody(policy)
    buffer = bytearray()
    data = b""
    for piece in pieces:
        buffer += piece
        while taken := body.take(buffer, max_size):
            assert len(taken) <= max_size
            data += taken
    body.take(buffer, max_size)
    return data, body.complete, bytes(buffer), list(body.trailers.get_all())


chunks = st.lists(st.binary(min_size=1, max_size=30), max_size=8)
sizes = st.lists(st.integers(1, 12), max_size=80)


def cut(raw, lengths):
    pieces = []
    for length in lengths:
        pieces.append(raw[:length])
        raw = raw[length:]
    return [*pieces, raw]


@given(chunks, sizes, st.integers(1, 20))
def test_what_was_sent_is_decoded_at_every_cut(sent, lengths, max_size):
    raw = b"".join(b"%X;x=y\r\n%b\r\n" % (len(c), c) for c in sent) + b"000\r\nA: b\r\n\r\nrest"
    assert decode(cut(raw, lengths), max_size) == (b"".join(sent), True, b"rest", [("A", "b")])


alphabet = st.sampled_from(
    [b"0", b"1", b"5", b"f", b"\r\n", b"\r", b"\n", b";", b"a", b"=", b" ", b'"', b":"]
)


@given(st.lists(alphabet, max_size=25).map(b"".join), sizes)
def test_the_verdict_never_depends_on_the_cut(raw, lengths):
    def outcome(pieces):
        try:
            return decode(pieces)
        except HTTPInputError as error:
            return error.status_code

    assert outcome(cut(raw, lengths)) == outcome([raw])


@given(st.lists(alphabet, max_size=16).map(b"".join))
def test_what_is_decoded_here_is_decoded_the_same_by_h11(raw):
    try:
        data, complete, rest, _ = decode([raw])
    except HTTPInputError:
        return
    if not complete:
        return
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + raw)
    assert type(peer.next_event()) is h11.Request
    theirs = b""
    while type(event := peer.next_event()) is h11.Data:
        theirs += bytes(event.data)
    assert type(event) is h11.EndOfMessage
    assert theirs == data
    assert peer.trailing_data[0] == rest


@pytest.mark.spec("S044")
def test_honest_chunk_lines_are_no_overhead():
    policy = WirePolicy(max_chunk_overhead=10)
    data, complete, _, _ = decode([b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n"], policy=policy)
    assert complete
    assert len(data) == 5000
