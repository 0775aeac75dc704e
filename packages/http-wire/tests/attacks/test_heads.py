"""Section C of the attack cases: start lines, header blocks and targets, at every cut."""

from __future__ import annotations

import time

import pytest

from etesian.http_wire import HTTPHeaders, WirePolicy
from etesian.http_wire.wire.head import parse_request_head

HOST = b"Host: a\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def get(fields: bytes = HOST, line: bytes = b"GET / HTTP/1.1") -> bytes:
    return line + b"\r\n" + fields + b"\r\n"


def case(ids, name, raw, expected=400):
    ids = ids.split()
    marks = [pytest.mark.spec(one) for one in ids]
    return pytest.param(raw, expected, id=f"{ids[0]}-{name}", marks=marks)


def line(ids, name, request_line, expected=400):
    return case(ids, name, get(line=request_line), expected)


CASES = [
    case("S050", "lf-line", b"GET / HTTP/1.1\nHost: a\r\n\r\n"),
    case("S050", "lf-header", b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    case("S050", "lf-everywhere", b"GET / HTTP/1.1\nHost: a\n\n"),
    case("S050", "lf-end", b"GET / HTTP/1.1\r\nHost: a\r\n\n"),
    case("S051", "cr", get(HOST + b"Visible: x\rSmuggled: y\r\n")),
    case("S052", "end-of-block", b"GET / HTTP/1.1\r\nHost: a\r\n\rX"),
    case("S053", "fold", get(HOST + b"X: a\r\n b\r\n")),
    case("S053", "fold-tab", get(HOST + b"X: a\r\n\tb: c\r\n")),
    case("S054", "space-before-colon", get(HOST + b"Content-Length : 5\r\n")),
    case("S054", "tab-before-colon", get(HOST + b"X\t: 5\r\n")),
    case("S055", "space-first", get(b" " + HOST)),
    case("S055", "tab-first", get(b"\tX: y\r\n" + HOST)),
    *[
        case("S056 B-HTTP-016", f"name-{i}", get(HOST + v + b"\r\n"))
        for i, v in enumerate([b"Foo 10", b"Foo", b": x", b":", b"Foo-10"])
    ],
    *[
        case("S057", f"name-{i}", get(HOST + b"X" + v + b"Y: z\r\n"))
        for i, v in enumerate(
            [b"\x01", b"(", b")", b"{", b"}", b'"', b"/", b"@", "é".encode(), b"\x85", b"\xa0"]
        )
    ],
    *[
        case("S058", f"value-{v[0]:02x}", get(HOST + b"X: y" + v + b"z\r\n"))
        for v in (b"\0", b"\r", b"\n")
    ],
    *[
        case("S059", f"value-{v:02x}", get(HOST + b"X: y" + bytes([v]) + b"z\r\n"))
        for v in (1, 7, 8, 0x0B, 0x0C, 0x1B, 0x1F, 0x7F)
    ],
    case("S061", "host-twice", get(HOST + HOST)),
    case("S061", "host-twice-differ", get(HOST + b"Host: b\r\n")),
    case("S062", "host-missing", get(b"X: y\r\n")),
    case("S062", "no-header-at-all", b"GET / HTTP/1.1\r\n\r\n"),
    case("S062", "host-empty", get(b"Host:\r\n")),
    *[
        case("S063", f"host-{i}", get(b"Host: " + v + b"\r\n"))
        for i, v in enumerate(b"a/b?c=|u@a|u:p@a|a, b|a b|a:b|a:1:2|a#b|[::1|<a>".split(b"|"))
    ],
    line("S064", "absolute-mismatch", b"GET http://b/ HTTP/1.1"),
    line("S064", "absolute-port-mismatch", b"GET http://a:81/ HTTP/1.1"),
    line("S065", "authority-off-connect", b"GET a:80 HTTP/1.1"),
    line("S065", "asterisk-off-options", b"GET * HTTP/1.1"),
    line("S065", "relative", b"GET a/b HTTP/1.1"),
    line("S065", "relative-dots", b"GET ../a HTTP/1.1"),
    line("S065", "origin-for-connect", b"CONNECT / HTTP/1.1"),
    line("S065", "other-scheme", b"GET ftp://a/ HTTP/1.1"),
    *[
        line("S066", f"target-{i}", b"GET /" + v + b" HTTP/1.1")
        for i, v in enumerate(
            [b"\0", b"\x01", b"\x7f", b"\\", b"a#b", "é".encode(), b"\xff", b'"', b"<"]
        )
    ],
    *[
        line("S067", f"method-{i}", v + b" / HTTP/1.1")
        for i, v in enumerate([b'G=":<>', b"G(T", b"\x01"])
    ],
    line("S067", "method-lower", b"get / HTTP/1.1", 501),
    line("S067", "method-mixed", b"Get / HTTP/1.1", 501),
    line("S067", "method-long", b"A" * 5000 + b" / HTTP/1.1", 501),
    line("S067", "method-huge", b"A" * 10240 + b" / HTTP/1.1", 414),
    *[
        line("S068", f"version-{i}", b"GET / " + v)
        for i, v in enumerate(
            [b"HTTP/1.32", b"HTTP/11", b"http/1.1", b"HTTP/1.", b"HTTP/99999999999.1", b"HTP/1.1"]
        )
    ],
    case("S068", "version-cr", b"GET / HTTP/\r\r1.1\r\nHost: a\r\n\r\n"),
    case("S068", "version-0.9", b"GET /\r\n" + HOST + b"\r\n"),
    line("S068", "version-2.0", b"GET / HTTP/2.0", 505),
    line("S068", "version-1.2", b"GET / HTTP/1.2", 505),
    line("S068", "version-0.9-written", b"GET / HTTP/0.9", 505),
    *[
        line("S069", f"space-{i}", v)
        for i, v in enumerate(
            [
                b"GET\t/ HTTP/1.1",
                b"GET  / HTTP/1.1",
                b"GET /  HTTP/1.1",
                b"GET / HTTP/1.1 ",
                b" GET / HTTP/1.1",
                b"GET\n/ HTTP/1.1",
                b"GET\x0b/ HTTP/1.1",
            ]
        )
    ],
    case("S070", "h2-preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    case("S071", "two-empty-lines", b"\r\n\r\n" + get()),
    case("S071", "many-empty-lines", b"\r\n" * 500 + get()),
    case("S071", "empty-lf", b"\n" + get()),
    case("S071", "binary", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    case("S072", "header-count", get(HOST + b"X: y\r\n" * 100), 431),
    case("S072", "header-flood", get(HOST + b"A: b\r\n" * 20_000), 431),
    case("S072", "header-bytes", get(HOST + b"X: " + b"y" * 70_000 + b"\r\n"), 431),
    case("S074", "long-target", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    case("S074", "endless-target", b"GET /" + b"a" * 20_000, 414),
]


@pytest.mark.spec("B-HTTP-015")
@pytest.mark.parametrize(("raw", "expected"), CASES)
async def test_malformed_head_is_refused_at_every_cut(attack, raw, expected):
    for cut in ("whole", "random", "bytes"):
        outcome = await attack(raw + SMUGGLED if raw.endswith(b"\r\n\r\n") else raw, cut)
        assert outcome.statuses == [expected], cut
        assert outcome.dispatched == []
        assert len(outcome.log) == 1


@pytest.mark.spec("S060")
async def test_octets_beyond_ascii_survive_in_values(serve, connect, recorder):
    peer = await connect(serve(recorder))
    await peer.send(get(HOST + b"X: caf\xe9\xa0\xff\r\nConnection: close\r\n"))
    await peer.read_all()
    assert recorder.requests[0].headers["X"].encode("latin-1") == b"caf\xe9\xa0\xff"


@pytest.mark.spec("S064")
@pytest.mark.spec("S065")
@pytest.mark.spec("B-HTTP-020")
@pytest.mark.parametrize(
    ("request_line", "target"),
    [
        (b"GET http://a/b?c HTTP/1.1", "http://a/b?c"),
        (b"GET HTTP://A/ HTTP/1.1", "HTTP://A/"),
        (b"OPTIONS * HTTP/1.1", "*"),
        (b"CONNECT a:80 HTTP/1.1", "a:80"),
        (b"GET //x/../y HTTP/1.1", "//x/../y"),
    ],
)
async def test_each_target_form_has_its_methods(attack, request_line, target):
    host = b"Host: a:80\r\n" if b"CONNECT" in request_line else HOST
    outcome = await attack(get(host + b"Connection: close\r\n", request_line))
    assert outcome.statuses == [200]
    assert outcome.dispatched == [f"{request_line.split()[0].decode()} {target}"]


@pytest.mark.spec("S067")
async def test_an_unknown_method_in_capitals_is_passed_on(attack):
    outcome = await attack(get(HOST + b"Connection: close\r\n", b"PURGE / HTTP/1.1"))
    assert outcome.dispatched == ["PURGE /"]


@pytest.mark.spec("S071")
@pytest.mark.spec("B-HTTP-007")
async def test_one_empty_line_before_a_request_is_skipped(attack):
    last = get(HOST + b"Connection: close\r\n")
    for cut in ("whole", "random", "bytes"):
        outcome = await attack(b"\r\n" + get() + b"\r\n" + last, cut)
        assert outcome.statuses == [200, 200], cut
        assert outcome.log == []


@pytest.mark.spec("S073")
def test_time_grows_with_the_size_of_the_head_and_not_faster():
    policy = WirePolicy(max_header_size=10**9, max_header_count=10**9)

    def seconds(count):
        head = b"GET / HTTP/1.1\r\nHost: a" + b"\r\nX: y" * count
        best = float("inf")
        for _ in range(5):
            started = time.process_time()
            _, headers = parse_request_head(head, policy)
            assert len(headers["X"]) == 2 * count - 1
            best = min(best, time.process_time() - started)
        return best

    # Quadratic work would be 16 times as much; the slack over 4 is for caches and collectors.
    assert seconds(40_000) < seconds(10_000) * 8


@pytest.mark.spec("S080")
@pytest.mark.spec("S134")
async def test_a_refusal_shows_nothing_of_the_request_and_logs_it_escaped(attack):
    outcome = await attack(get(HOST + b"<script>\x1b[31m\r\n"))
    assert b"script" not in outcome.received
    assert b"Traceback" not in outcome.received
    assert len(outcome.log) == 1
    assert outcome.log[0].isprintable()


@pytest.mark.spec("S080")
async def test_a_long_malformed_line_is_cut_in_the_log(attack):
    outcome = await attack(get(HOST + b"<" * 5000 + b"\r\n"))
    assert len(outcome.log[0]) < 300


@pytest.mark.spec("S024")
def test_an_underscore_name_is_no_dashed_name():
    headers = HTTPHeaders()
    headers.add("X_Real_Ip", "1.2.3.4")
    assert "X-Real-Ip" not in headers
