"""Section A and B of the attack cases: framing that leaves a doubt is refused, at every cut."""

from __future__ import annotations

import pytest

END = b"0\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def post(*fields: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"POST / HTTP/1.1", b"Host: a", *fields, b"", body])


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked", body=body)


def case(ids, name, raw, expected=400):
    ids = ids.split()
    marks = [pytest.mark.spec(one) for one in ids]
    return pytest.param(raw, expected, id=f"{ids[0]}-{name}", marks=marks)


CL = b"Content-Length: "
TE = b"Transfer-Encoding: "

LENGTH_CASES = [
    case(
        "S001 S029 B-HTTP-025",
        "cl-te",
        post(CL + b"5", TE + b"chunked", body=END + SMUGGLED),
    ),
    case("S001 B-HTTP-025", "te-cl", post(TE + b"chunked", CL + b"5", body=END + SMUGGLED)),
    case(
        "S002",
        "te-cl-prefix",
        post(CL + b"4", TE + b"chunked", body=b"23\r\n" + SMUGGLED + b"\r\n0\r\n\r\n"),
    ),
    case("S003", "cl-cl-differ", post(CL + b"5", CL + b"6", body=b"hello" + SMUGGLED)),
    case("S004", "cl-cl-equal", post(CL + b"5", CL + b"5", body=b"hello" + SMUGGLED)),
    case("S005", "cl-list-equal", post(CL + b"5, 5", body=b"hello")),
    case("S005", "cl-list-differ", post(CL + b"5, 6", body=b"hello")),
    *[
        case("S006 B-HTTP-027", f"cl-sign-{i}", post(CL + v, body=b"hello"))
        for i, v in enumerate([b"+5", b"-5", b"-0", b"+0"])
    ],
    case("S007", "cl-underscore", post(CL + b"1_0", body=b"x" * 10)),
    *[
        case("S008", f"cl-base-{i}", post(CL + v, body=b"hello"))
        for i, v in enumerate([b"0x10", b"0o10", b"0b1", b"5e0"])
    ],
    *[
        case("S009", f"cl-digits-{i}", post(CL + v.encode(), body=b"hello"))
        for i, v in enumerate(["\u0665", "\uff15", "\u2075", "5\u0661"])
    ],
    case("S009", "cl-latin1-superscript", post(CL + b"\xb2", body=b"hello")),
    *[
        case("S010 B-HTTP-027", f"cl-prefix-{i}", post(CL + v, body=b"hello"))
        for i, v in enumerate([b"1Z", b"10 20", b"5;a", b"5,"])
    ],
    case("S011", "cl-empty", post(b"Content-Length:", body=b"hello")),
    case("S011", "cl-blank", post(b"Content-Length: \t ", body=b"hello")),
    case("S012", "cl-huge", post(CL + b"9" * 40), 413),
    case("S012", "cl-2-63", post(CL + b"9223372036854775808"), 413),
    case("S012", "cl-2-64", post(CL + b"18446744073709551621"), 413),
    *[
        case("S013", f"cl-space-{i}", post(CL + v, body=b"hello"))
        for i, v in enumerate([b"\x0b5", b"5\x0c", b"\xa05", b"5\x85"])
    ],
    case("S015", "te-not-last", post(TE + b"chunked, gzip", body=END)),
    *[
        case("S016", f"te-unknown-{i}", post(TE + v, body=END), 501)
        for i, v in enumerate([b"identity", b"xchunked", b"blegh", b"cow", b"gzip, chunked"])
    ],
    case("S017", "te-twice", post(TE + b"chunked", TE + b"chunked", body=END)),
    case("S017", "te-twice-differ", post(TE + b"identity", TE + b"chunked", body=END)),
    case("S018", "te-double", post(TE + b"chunked, chunked", body=END)),
    *[
        case("S019", f"te-list-{i}", post(TE + v, body=END))
        for i, v in enumerate([b",chunked", b"chunked,", b"", b" ,"])
    ],
    *[
        case("S020", f"te-bytes-{i}", post(TE + v, body=END))
        for i, v in enumerate([b"\x0bchunked", b"\x0cchunked", b"\xa0chunked", b"\0chunked"])
    ],
    case("S021", "te-parameter", post(TE + b"chunked;q=1", body=END), 501),
    case("S022", "te-folded", post(b"Transfer-Encoding:\r\n chunked", body=END)),
    case(
        "S023",
        "te-1.0",
        b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    case("S024", "te-underscore", post(b"Transfer_Encoding: chunked", CL + b"5", body=b"hello")),
    case("S024", "cl-underscore-name", post(b"Content_Length: 5", body=b"hello")),
    case("S027", "unknown-expect", post(b"Expect: something", CL + b"5", body=b"hello"), 417),
]

CHUNK_CASES = [
    *[
        case("S033", f"prefix-{i}", chunked(v + b"\r\nhello\r\n0\r\n\r\n"))
        for i, v in enumerate([b"0x5", b"+5", b"-5", b"0_2e", b"5_"])
    ],
    *[
        case("S034", f"longest-{i}", chunked(v + b"\r\nhello\r\n0\r\n\r\n"))
        for i, v in enumerate([b"5zz", b"5 ;a", b"5 6", b"5 ", b"5;", b"5;a=", b"5;=b"])
    ],
    case("S035", "empty", chunked(b"\r\nhello\r\n0\r\n\r\n")),
    case("S036", "overflow", chunked(b"0" * 16 + b"5\r\nhello\r\n0\r\n\r\n")),
    case("S036", "overflow-wrap", chunked(b"1" + b"0" * 15 + b"5\r\nhello\r\n0\r\n\r\n")),
    case("S036", "sixteen-digits", chunked(b"F" * 16 + b"\r\nhello\r\n0\r\n\r\n"), 413),
    case("S037", "leading-space", chunked(b" 5\r\nhello\r\n0\r\n\r\n")),
    case("S037", "leading-tab", chunked(b"\t5\r\nhello\r\n0\r\n\r\n")),
    case("S038", "bare-lf-size", chunked(b"5\nhello\r\n0\r\n\r\n")),
    case("S038", "bare-lf-data", chunked(b"5\r\nhello\n0\r\n\r\n")),
    case("S038", "bare-lf-last", chunked(b"5\r\nhello\r\n0\n\n")),
    case("S039", "bare-cr", chunked(b"5\r\r;ABCD\r\n0\r\n\r\n")),
    case("S039", "bare-cr-end", chunked(b"5\r\nhello\r0\r\n\r\n")),
    case("S040", "terminator-skipped", chunked(b"5\r\nhelloXX0\r\n\r\n")),
    case("S040", "terminator-half", chunked(b"5\r\nhello\rX0\r\n\r\n")),
    case("S042", "extension-lf", chunked(b"5;a\nb\r\nhello\r\n0\r\n\r\n")),
    case("S042", "extension-cr", chunked(b"5;a\rb\r\nhello\r\n0\r\n\r\n")),
    case("S042", "extension-quoted-lf", chunked(b'5;a="\n"\r\nhello\r\n0\r\n\r\n')),
    case("S043", "extension-nul", chunked(b"5;a\0\r\nhello\r\n0\r\n\r\n")),
    case("S043", "extension-token", chunked(b"5;a(b)\r\nhello\r\n0\r\n\r\n")),
    case("S044", "extension-long", chunked(b"5;" + b"a" * 5000 + b"\r\nhello\r\n0\r\n\r\n"), 413),
    case("S047", "trailers-many", chunked(b"0\r\n" + b"X: y\r\n" * 17 + b"\r\n"), 431),
    case("S047", "trailers-long", chunked(b"0\r\nX: " + b"y" * 9000 + b"\r\n\r\n"), 431),
    *[
        case("S048", f"trailer-{i}", chunked(b"0\r\n" + v + b": 5\r\n\r\n"))
        for i, v in enumerate([b"Content-Length", b"transfer-encoding", b"Host", b"Authorization"])
    ],
    case("S048", "trailer-folded", chunked(b"0\r\nX: y\r\n z\r\n\r\n")),
    case("S048", "trailer-malformed", chunked(b"0\r\nX y\r\n\r\n")),
]


@pytest.mark.parametrize(("raw", "expected"), LENGTH_CASES + CHUNK_CASES)
async def test_doubtful_framing_is_refused_and_nothing_dispatched(attack, raw, expected):
    for cut in ("whole", "random", "bytes"):
        outcome = await attack(raw, cut)
        assert outcome.statuses == [expected], cut
        assert outcome.dispatched == []
        assert len(outcome.log) == 1


@pytest.mark.spec("S044")
@pytest.mark.parametrize("cut", ["whole", "random"])
async def test_extensions_of_small_chunks_have_a_common_cap(attack, cut):
    flood = b"".join(b"1;" + b"e" * 1022 + b"\r\nx\r\n" for _ in range(100))
    outcome = await attack(chunked(flood), cut)
    assert outcome.statuses == [413]
    assert outcome.dispatched == []


@pytest.mark.spec("S041")
@pytest.mark.parametrize("cut", ["whole", "random", "bytes"])
async def test_a_body_without_its_last_line_end_is_not_a_request(attack, cut):
    outcome = await attack(chunked(b"5\r\nhello\r\n0\r\n"), cut, end=True)
    assert outcome.statuses == [400]
    assert outcome.dispatched == []
    assert len(outcome.log) == 1


@pytest.mark.spec("S041", "S046")
@pytest.mark.parametrize("body", [b"5\r\nhello\r\n0\r\n", b"ff\r\nhello"])
async def test_a_body_that_stalls_is_ended_by_its_deadline(attack, quick_policy, body):
    outcome = await attack(chunked(body), policy=quick_policy)
    assert outcome.statuses == [408]
    assert outcome.dispatched == []


@pytest.mark.spec("S045")
async def test_many_tiny_chunks_are_taken_together(serve, connect, make_recorder):
    recorder = make_recorder()
    peer = await connect(serve(recorder))
    count = 100_000
    await peer.send(
        post(b"Transfer-Encoding: chunked", b"Connection: close", body=b"1\r\nx\r\n" * count)
        + b"0\r\n\r\n"
    )
    assert b" 200 " in await peer.read_all(20)
    assert recorder.requests[0].body == b"x" * count


@pytest.mark.spec("S049", "S029")
@pytest.mark.parametrize("cut", ["whole", "random", "bytes"])
async def test_a_byte_after_a_chunked_body_begins_the_next_request(attack, cut):
    outcome = await attack(chunked(b"5\r\nhello\r\n0\r\n\r\n") + b"(" + SMUGGLED, cut)
    assert outcome.dispatched == ["POST /"]
    assert outcome.statuses == [200, 400]
    assert outcome.bodies == [b"hello"]


@pytest.mark.spec("S025")
@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS", b"DELETE"])
@pytest.mark.parametrize("cut", ["whole", "random", "bytes"])
async def test_a_body_on_a_method_without_one_is_read_off(attack, method, cut):
    raw = method + b" /a HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n" + SMUGGLED
    assert len(SMUGGLED) == 35
    raw = raw.replace(b"34", b"35") + b"GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    outcome = await attack(raw, cut)
    assert outcome.dispatched == [f"{method.decode()} /a", "GET /b"]
    assert outcome.statuses == [200, 200]


@pytest.mark.spec("S030")
@pytest.mark.parametrize("cut", ["whole", "random", "bytes"])
async def test_nothing_is_served_after_connection_close(attack, cut):
    raw = b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + SMUGGLED
    outcome = await attack(raw, cut)
    assert outcome.dispatched == ["GET /a"]
    assert outcome.received.endswith(b"GET /a ")
    assert outcome.log == []


@pytest.mark.spec("S029")
async def test_a_good_request_behind_a_bad_one_is_not_served(attack):
    outcome = await attack(b"GET / HTTP/1.1\r\nHost: a\r\nBad\r\n\r\n" + SMUGGLED)
    assert outcome.statuses == [400]
    assert outcome.dispatched == []
