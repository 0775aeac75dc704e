"""Heads: the finder at every cut, and what h11 thinks of what we accept."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire import HTTPInputError, WirePolicy
from etesian.http_wire.wire.framing import request_body_length
from etesian.http_wire.wire.head import (
    _parse_any_fields,
    _parse_fields,
    parse_request_head,
    parse_request_line,
    parse_response_head,
)
from etesian.http_wire.wire.head_finder import HeadFinder
from etesian.http_wire.wire.policy import STRICT

TINY = WirePolicy(max_request_line_size=20, max_header_size=60, max_header_count=3)

tokens = st.sampled_from(
    [
        b"GET",
        b"POST",
        b"get",
        b" ",
        b"/",
        b"*",
        b"http://a/",
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"HTTP/2.0",
        b"\r\n",
        b"\r",
        b"\n",
        b"\0",
        b"Host: a",
        b"Host:",
        b"Content-Length: 5",
        b"Transfer-Encoding: chunked",
        b"X: y",
        b":",
        b"x" * 30,
        b"\xe9",
    ]
)
likely = st.lists(tokens, max_size=8).map(b"".join)
requests = st.one_of(
    likely,
    likely.map(lambda more: b"GET / HTTP/1.1\r\nHost: a\r\n" + more + b"\r\n\r\n"),
    likely.map(lambda more: b"GET /" + more + b" HTTP/1.1\r\nHost: a\r\n\r\n"),
    likely.map(lambda more: b"POST / HTTP/1.1\r\n" + more + b"\r\n\r\n"),
)


def outcome(pieces, policy):
    finder = HeadFinder(policy, parse_request_line)
    buffer = bytearray()
    try:
        for piece in pieces:
            buffer += piece
            if ends := finder.find(buffer):
                parsed = parse_request_head(bytes(buffer[: ends[0]]), policy)
                return parsed[0], list(parsed[1].get_all())
    except HTTPInputError as error:
        return error.status_code
    return None


@pytest.mark.parametrize("policy", [STRICT, TINY, WirePolicy(accept_bare_lf=True)])
@given(raw=requests, lengths=st.lists(st.integers(1, 9), max_size=40))
def test_the_verdict_never_depends_on_the_cut(policy, raw, lengths):
    pieces, rest = [], raw
    for length in lengths:
        pieces.append(rest[:length])
        rest = rest[length:]
    whole = outcome([raw], policy)
    assert outcome([*pieces, rest], policy) == whole
    assert outcome([raw[i : i + 1] for i in range(len(raw))], policy) == whole


@given(requests)
def test_what_is_accepted_here_is_read_and_framed_the_same_by_h11(raw):
    end = max(raw.find(b"\r\n\r\n"), 0)
    try:
        start_line, headers = parse_request_head(raw[:end], STRICT)
        length = request_body_length(start_line.version, headers, STRICT)
    except HTTPInputError:
        return
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(raw[: end + 4])
    event = peer.next_event()
    assert type(event) is h11.Request
    assert event.method.decode() == start_line.method
    assert event.target.decode() == start_line.path
    theirs = sorted((bytes(n).lower(), bytes(v)) for n, v in event.headers)
    assert theirs == sorted((n.lower().encode(), v.encode("latin-1")) for n, v in headers.get_all())
    assert (type(peer.next_event()) is h11.EndOfMessage) is (length == 0)


def test_a_head_of_the_exact_limits_is_accepted():
    policy = WirePolicy(max_request_line_size=14, max_header_size=29, max_header_count=2)
    raw = b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"
    assert isinstance(outcome([raw], policy), tuple)
    for smaller in (
        WirePolicy(max_request_line_size=13),
        WirePolicy(max_header_size=28),
        WirePolicy(max_header_count=1),
    ):
        assert outcome([raw], smaller) in (414, 431)


def test_a_response_head_is_parsed_by_the_same_rules():
    start_line, headers = parse_response_head(b"HTTP/1.1 200 OK\r\nA: b\r\nA: c", STRICT)
    assert start_line == ("HTTP/1.1", 200, "OK")
    assert headers.get_list("A") == ["b", "c"]
    for bad in (b"HTTP/1.1 200 OK\r\nA : b", b"HTTP/1.1 200 OK\nA: b", b"HTTP/1.1 2x0 OK"):
        with pytest.raises(HTTPInputError):
            parse_response_head(bad, STRICT)


def _outcome(parse, lines):
    try:
        return list(parse(lines).get_all())
    except HTTPInputError as error:
        return str(error)


names = st.sampled_from(["Host", "host", "Accept", "X-Rare", "x-rare", "a b", "", "content_length"])
values = st.sampled_from(["", " a", "\tb ", "c:d", "\xe9"])
fields = st.one_of(st.tuples(names, values).map(":".join), st.just("no colon"))


@given(lines=st.lists(fields, max_size=6))
def test_the_short_way_reads_fields_as_the_long_way_does(lines):
    lines = ["GET / HTTP/1.1", *lines]
    assert _outcome(_parse_fields, lines) == _outcome(_parse_any_fields, lines)
