"""The reader gives the same, however the bytes are cut."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from etesian.http_wire.client.errors import HTTPStreamClosedError
from etesian.http_wire.client.response_reader import ResponseReader
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.policy import STRICT

POLICY = replace(STRICT, max_body_size=40, max_header_size=120, chunk_size=16)

STATUS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 204 None",
        b"HTTP/1.1 304 Same",
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 101 Switch",
        b"HTTP/1.1 103 Hints",
        b"HTTP/1.1 2000 Bad",
        b"HTTP/2 200",
    ]
)
FIELD = st.sampled_from(
    [
        b"Content-Length: 5",
        b"Content-Length: 0",
        b"Content-Length: 20",
        b"Content-Length: 41",
        b"Content-Length: +5",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"Connection: keep-alive",
        b"A: b",
        b"A : b",
        b"A: " + b"x" * 90,
        b" folded",
    ]
)
BODY = st.sampled_from(
    [
        b"",
        b"hello",
        b"x" * 20,
        b"x" * 50,
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\nA: b\r\n\r\n",
        b"5\r\nhelloo",
    ]
)
MESSAGE = st.builds(
    lambda status, fields, body: b"\r\n".join([status, *fields, b"", body]),
    STATUS,
    st.lists(FIELD, max_size=3),
    BODY,
)


class Receiver:
    def __init__(self):
        self.calls = []

    def continue_received(self):
        self.calls.append("continue")

    def headers_received(self, start_line, headers):
        self.calls.append((start_line, list(headers.get_all())))

    def whole_received(self, head, body):
        self.headers_received(head.start_line, head.headers())
        if body:
            self.data_received(body)
        return True

    def data_received(self, chunk):
        assert 0 < len(chunk) <= POLICY.chunk_size
        if isinstance(self.calls[-1], bytes):
            self.calls[-1] += chunk
        else:
            self.calls.append(chunk)


def read(method, pieces, *, ends, last_head=None, policy=POLICY):
    """Give all that can be told of a response that comes in these pieces."""
    receiver = Receiver()
    reader = ResponseReader(method, receiver, policy, last_head)
    leftover = b""
    try:
        for piece in pieces:
            if reader.complete:
                leftover += piece
            else:
                reader.feed(piece)
        if ends and not reader.complete:
            reader.end()
    except HTTPInputError:
        # Where a body breaks off, how much of it was given before depends on the cut.
        return "refused", [call for call in receiver.calls if not isinstance(call, bytes)]
    except HTTPStreamClosedError:
        return "truncated", receiver.calls
    return reader.complete, reader.may_persist and not leftover, receiver.calls


@settings(deadline=None)
@given(
    st.sampled_from(["GET", "HEAD"]),
    st.lists(MESSAGE, min_size=1, max_size=2).map(b"".join),
    st.lists(st.integers(1, 30), max_size=30),
    st.booleans(),
)
def test_the_same_at_every_cut(method, data, sizes, ends):
    pieces, rest = [], data
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    pieces.append(rest)
    pieces = [piece for piece in pieces if piece]
    whole = read(method, [data], ends=ends)
    assert read(method, pieces, ends=ends) == whole
    assert read(method, [bytes((one,)) for one in data], ends=ends) == whole


def test_where_lf_ends_lines_a_body_may_hold_what_ends_heads():
    lenient = replace(POLICY, accept_bare_lf=True)
    data = b"HTTP/1.1 200 OK\nContent-Length: 10\n\nabc\r\n\r\ndef"
    whole = read("GET", [data], ends=False, policy=lenient)
    assert whole == read("GET", [bytes((one,)) for one in data], ends=False, policy=lenient)
    assert whole[2][-1] == b"abc\r\n\r\ndef"


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["GET", "HEAD"]), MESSAGE), min_size=1, max_size=3),
    st.booleans(),
)
def test_a_remembered_head_changes_nothing(exchanges, ends):
    last_head = None
    for method, data in exchanges * 2:
        anew = read(method, [data], ends=ends)
        assert read(method, [data], ends=ends, last_head=last_head) == anew
        reader = ResponseReader(method, Receiver(), POLICY, last_head)
        with suppress(HTTPInputError):
            reader.feed(data)
        last_head = reader.last_head
