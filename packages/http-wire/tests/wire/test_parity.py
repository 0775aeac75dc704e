"""The short ways of the reader beside the long ones, on the same inputs.

No reader of messages is written in C. What is fast here are ways through Python that most
messages take, and each has a twin that takes all of them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.grammar import FIELD_BYTES, is_field_value
from etesian.http_wire.wire.head import _parse_any_fields, _parse_fields

pytestmark = pytest.mark.spec("S075")

FUZZ = Path(__file__).parents[2] / "fuzz" / "corpus"
KEPT = [
    path.read_bytes()
    for name in ("http1_request_head", "http1_conversation", "http1_response", "headers")
    for path in sorted((FUZZ / name).iterdir())
]

LINES = st.lists(
    st.one_of(
        st.builds(
            lambda name, colon, value: name + colon + value,
            st.sampled_from(
                ["Host", "host", "Cookie", "X-New", "x_y", "Content_Length", "Transfer_Encoding",
                 "ETag", "content-length", "", "a b", "é", "X-" + "y" * 50]
            ),
            st.sampled_from([":", ": ", ":\t ", " :", ""]),
            st.text('a1 \t,;="é:', max_size=8),
        ),
        st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=12),
    ),
    max_size=6,
)  # fmt: skip


def outcome(parse, lines):
    """The fields in order, or the status that answers."""
    try:
        return list(parse(lines).get_all())
    except HTTPInputError as error:
        return error.status_code


def heads(raw):
    """Whatever in some bytes looks like a head, as lines."""
    blocks = re.split(rb"\r\n\r\n", raw)
    return [block.decode("latin-1").split("\r\n") for block in blocks]


def test_fields_of_all_kept_inputs_are_read_alike():
    assert len(KEPT) > 20
    for raw in KEPT:
        for lines in heads(raw):
            # Twice: what the first look learnt of a name must not change the second.
            for _ in range(2):
                assert outcome(_parse_fields, lines) == outcome(_parse_any_fields, lines)


def test_fields_of_the_corpora_are_read_alike(corpora):
    paths = sorted(corpora.glob("gunicorn-requests/*/*.http"))
    assert len(paths) > 100
    for path in paths:
        raw = path.read_bytes().replace(b"\n", b"").replace(rb"\r\n", b"\r\n")
        for lines in heads(raw):
            assert outcome(_parse_fields, lines) == outcome(_parse_any_fields, lines)


@given(LINES)
def test_fields_of_any_lines_are_read_alike(lines):
    lines = ["GET / HTTP/1.1", *lines]
    assert outcome(_parse_fields, lines) == outcome(_parse_any_fields, lines)


def test_the_two_alphabets_of_values_are_one():
    for octet in range(256):
        character = bytes([octet])
        assert is_field_value(character.decode("latin-1")) is (character in FIELD_BYTES)


REQUESTS = {
    "get": b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n",
    "unknown name": b"GET / HTTP/1.1\r\nhOST: a\r\nx-Un_known: \xe9\t1 \r\nX-A: \r\n\r\n",
    "repeated field": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nCookie: a=b\r\nx-a: 2\r\n\r\n",
    "keep-alive": b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
    "empty line before": b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "body": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    "chunked": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    ),
    "absolute": b"GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("raw", REQUESTS.values(), ids=REQUESTS)
async def test_a_request_in_one_piece_repeated_and_in_single_bytes_is_the_same(
    serve, connect, recorder, raw
):
    port = serve(recorder)
    peer = await connect(port)
    answers = []
    singles = [raw[i : i + 1] for i in range(len(raw))]
    for pieces in ([raw], [raw], [raw], singles, [raw], singles, singles):
        await peer.send(*pieces)
        head = await peer.read_until(b"\r\n\r\n")
        size = int(re.search(rb"Content-Length: ([0-9]+)", head)[1])
        while len(peer.received) < size:
            peer.received += await peer.reader.read(65536)
        answers.append((re.sub(rb"Date: [^\r]*", b"", head), peer.received))
        peer.received = b""
    assert len(answers) == 7
    assert all(answer == answers[0] for answer in answers)
    seen = [(s.start_line, list(s.headers.get_all()), s.body) for s in recorder.requests]
    assert all(one == seen[0] for one in seen)
