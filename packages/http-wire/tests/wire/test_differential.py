"""Two other parsers beside ours: what both refuse, or either frames otherwise, we must not accept.

Hypothesis makes requests near to the grammar and breaks them here and there. A request that we
take must be read the same by each peer that takes it too, and by one peer at least, unless
``JUSTIFIED`` knows the clause that both peers fall short of.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

import h11
import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParserPy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.body import body_of_length
from etesian.http_wire.wire.framing import request_body_length
from etesian.http_wire.wire.head import parse_request_head, parse_request_line
from etesian.http_wire.wire.head_finder import HeadFinder
from etesian.http_wire.wire.policy import STRICT


@dataclass(frozen=True)
class Reading:
    """What a parser made of the first request in some bytes."""

    method: str
    target: str
    fields: tuple[tuple[str, bytes], ...]
    body: bytes
    complete: bool
    size: int | None = field(default=None, compare=False)

    @classmethod
    def of(cls, method, target, pairs, body, complete, size=None):
        """Leave out the case of names, and of the one value whose case means nothing."""
        lower = [(name.lower(), value) for name, value in pairs]
        fields = [(n, v.lower() if n == "transfer-encoding" else v) for n, v in lower]
        return cls(method, target, tuple(sorted(fields)), body, complete, size)


def etesian(raw):
    buffer = bytearray(raw)
    try:
        ends = HeadFinder(STRICT, parse_request_line).find(buffer)
        if ends is None:
            return None
        line, headers = parse_request_head(bytes(buffer[: ends[0]]), STRICT)
        del buffer[: ends[1]]
        body = body_of_length(request_body_length(line.version, headers, STRICT), STRICT)
        data = b""
        while taken := body.take(buffer, 1000):
            data += taken
    except HTTPInputError:
        return None
    pairs = [(name, value.encode("latin-1")) for name, value in headers.get_all()]
    size = len(raw) - len(buffer)
    return Reading.of(line.method, line.path, pairs, data, body.complete, size)


def with_h11(raw):
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(raw)
    data, complete = b"", False
    try:
        request = peer.next_event()
        if type(request) is not h11.Request:
            return None
        while type(event := peer.next_event()) is h11.Data:
            data += bytes(event.data)
        complete = type(event) is h11.EndOfMessage
    except h11.RemoteProtocolError:
        return None
    pairs = [(bytes(name).decode(), bytes(value)) for name, value in request.headers]
    return Reading.of(request.method.decode(), request.target.decode(), pairs, data, complete)


def with_aiohttp(raw):
    async def read():
        loop = asyncio.get_running_loop()
        parser = HttpRequestParserPy(BaseProtocol(loop), loop, 2**16)
        try:
            messages, _, _ = parser.feed_data(raw)
        except HttpProcessingError:
            return None
        if not messages:
            return None
        message, payload = messages[0]
        if payload.exception() is not None:
            return None
        data = b"".join(iter(payload.read_nowait, b"")) if payload.total_bytes else b""
        pairs = [(name.decode(), value) for name, value in message.raw_headers]
        return Reading.of(message.method, message.path, pairs, data, payload.is_eof())

    return asyncio.run(read())


PEERS = {"h11": with_h11, "aiohttp": with_aiohttp}

# Where we may stand alone: an expression of the raw request, and the clause.
JUSTIFIED = {
    # aiohttp takes whatever follows for the tunnel, before the answer has opened one.
    rb"^CONNECT ": "RFC 9110, 9.3.6, and RFC 9112, 6.3: without framing fields there is no body",
}

names = st.sampled_from(
    ["Host", "Content-Length", "Transfer-Encoding", "Connection", "X", "x-y", "Content-length "]
)
values = st.sampled_from(
    [
        *("a", "a:80", "[::1]", "", "0", "3", "+3", "3, 3", "0x3", "\u00b3", "3 ", "00003"),
        *("chunked", "Chunked", "chunked, chunked", "gzip, chunked", "identity", "\x0bchunked"),
        *("close", "keep-alive", "a\tb", "a\x7fb", "a\0b", "\xe9", '"x', "9" * 30),
    ]
)
colons = st.sampled_from([": ", ":", ":\t", " :", ":  "])
ends = st.sampled_from(["\r\n"] * 12 + ["\n", "\r", "\r\n ", "\r\r\n"])
fields = st.tuples(names, colons, values, ends).map("".join)
lines = st.tuples(
    st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "CONNECT", "get", "G@T", "PATCH"]),
    st.sampled_from([" ", " ", " ", "  ", "\t"]),
    st.sampled_from(["/", "/a?b=c", "*", "http://a/", "a:80", "/\x7f", "/\xe9", "/a#b", "//a", ""]),
    st.sampled_from([" HTTP/1.1", " HTTP/1.1", " HTTP/1.0", " HTTP/1.2", " http/1.1", ""]),
    ends,
).map("".join)
bodies = st.sampled_from(
    [
        *(
            "",
            "abc",
            "abcGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "3\r\nabc\r\n0\r\n\r\n",
            "0\r\n\r\nGET",
        ),
        *(
            "3;a=b\r\nabc\r\n0\r\n\r\n",
            "3\nabc\n0\n\n",
            "+3\r\nabc\r\n0\r\n\r\n",
            "3 \r\nabc\r\n0\r\n",
        ),
        *("03\r\nabc\r\n00\r\nT: u\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n"),
        *("3\r\nabc\r\n0\r\nT: u\n\r\n\r\n", '3;a="b\r\n\r\nabc\r\n0\r\n\r\n', "3\r\nabc0\r\n\r\n"),
    ]
)
valid_lines = st.sampled_from(
    [
        "POST / HTTP/1.1\r\n",
        "GET /a?b=c HTTP/1.1\r\n",
        "PUT / HTTP/1.0\r\n",
        "OPTIONS * HTTP/1.1\r\n",
    ]
)
valid_framing = st.sampled_from(
    ["Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 0\r\n", ""]
)
valid_fields = st.sampled_from(["X: y\r\n", "x-y:\tz \r\n", "Connection: close\r\n", "X: \xe9\r\n"])
# Two faults in one request mostly hide each other.
requests = st.one_of(
    st.tuples(valid_lines, st.just("Host: a\r\n"), valid_framing, valid_fields, bodies),
    st.tuples(lines, st.just("Host: a\r\n"), valid_framing, valid_fields, bodies),
    st.tuples(valid_lines, fields, valid_framing, valid_fields, bodies),
    st.tuples(valid_lines, st.just("Host: a\r\n"), valid_framing | fields, fields, bodies),
    st.tuples(lines, fields, fields, fields, bodies),
).map(lambda parts: ("".join(parts[:-1]) + "\r\n" + parts[-1]).encode("latin-1"))


def complaint(raw):
    """Say what is wrong with our acceptance of a request; nothing where it is right."""
    ours = etesian(raw)
    if ours is None or any(re.search(pattern, raw) for pattern in JUSTIFIED):
        return None
    # Not what follows: a peer that looks at once at the next request may refuse that one.
    raw = raw[: ours.size]
    theirs = {name: read(raw) for name, read in PEERS.items()}
    if not any(theirs.values()):
        return f"both peers refuse {raw!r}"
    for name, reading in theirs.items():
        if reading is not None and reading != ours:
            return f"{name} reads {raw!r} as {reading}, not as {ours}"
    return None


@settings(max_examples=400)
@given(requests)
@example(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: u\n\r\n\r\n")
def test_what_is_accepted_here_is_read_the_same_elsewhere(raw):
    assert complaint(raw) is None


@pytest.mark.parametrize("name", PEERS)
def test_the_peers_read_what_they_should(name):
    raw = b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    fields = (("host", b"a"), ("transfer-encoding", b"chunked"))
    assert PEERS[name](raw) == Reading("POST", "/p", fields, b"abc", complete=True) == etesian(raw)
    assert PEERS[name](raw.replace(b"Host: a", b"Ho st: a")) is None


def test_a_difference_would_be_found(monkeypatch):
    raw = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    monkeypatch.setitem(PEERS, "aiohttp", lambda _: Reading("GET", "/x", (), b"", complete=True))
    assert complaint(raw).startswith("aiohttp reads")
    for name in PEERS:
        monkeypatch.setitem(PEERS, name, lambda _: None)
    assert complaint(raw).startswith("both peers refuse")
