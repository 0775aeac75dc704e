"""The request corpora of two other servers, at every cut; skipped where they are not there."""

from __future__ import annotations

import re

import pytest

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.body import body_of_length
from etesian.http_wire.wire.framing import (
    UNTIL_CLOSE,
    request_body_length,
    response_body_length,
)
from etesian.http_wire.wire.head import (
    parse_request_head,
    parse_request_line,
    parse_response_head,
    parse_status_line,
)
from etesian.http_wire.wire.head_finder import HeadFinder
from etesian.http_wire.wire.policy import STRICT, WirePolicy

# What gunicorn's corpus calls valid and we refuse, each with the clause.
STRICTER = {
    "005": "RFC 9112, 3.2: no fragment in a request target",
    "009": "RFC 9112, 3.2: no fragment in a request target",
    "013": "RFC 9112, 7.1.1: space in a chunk extension is only for old senders",
    "014": "RFC 3986, 2: no quotes in a target",
    "019": "RFC 9112, 3.2: no Host in its second request, which is HTTP/1.1",
    "022": "RFC 9112, 3.2: no Host in its second request, which is HTTP/1.1",
    "025": "RFC 9112, 6.1: a coding that we do not know",
    "025_line": "RFC 9112, 6.1: a coding that we do not know",
    "027": "RFC 3986, 2: no octet beyond ASCII in a target",
    "028": "RFC 9112, 5.1: space before a colon",
    "029": "RFC 9112, 6.1: a coding that we do not know",
    "030": "RFC 9112, 6.1: a coding that we do not know",
    "031compat": "RFC 9110, 9.1: methods are in capitals",
    "031compat2": "RFC 9110, 9.1: methods are in capitals",
    "040": "an underscore twin of a framing field",
    "040_compat": "an underscore twin of a framing field",
    "099": "the case ends before its Content-Length does",
    "compat_obs_fold": "RFC 9112, 5.2: folding refused",
    "compat_obs_fold_huge": "RFC 9112, 5.2: folding refused",
    "pp_01": "the PROXY protocol is not HTTP",
    "pp_02": "the PROXY protocol is not HTTP",
    "pp_04": "the PROXY protocol is not HTTP",
    "pp_05": "the PROXY protocol is not HTTP",
    "rfc9112_smuggle_gzip_chunked_01": "RFC 9112, 6.1: a coding that we do not know",
    "rfc9112_smuggle_te_identity_chunked_01": "RFC 9112, 6.1: a coding that we do not know",
    "rfc9112_target_absolute_userinfo_01": "RFC 9110, 4.2.4: userinfo in a target",
}

# What gunicorn refuses by the limits that its test sets up; ours refuse it when set so.
LIMITS = {
    "006": WirePolicy(max_request_line_size=4094),
    "007": WirePolicy(max_header_size=8190),
    "008": WirePolicy(max_header_size=8190),
    "011": WirePolicy(max_header_count=2),
    "012": WirePolicy(max_header_size=98),
    "limit_header_default_01": WirePolicy(max_header_size=8190),
}


def read_requests(raw: bytes, policy: WirePolicy = STRICT) -> list[tuple[str, bytes]]:
    """Give the requests in ``raw`` as the server would take them, or raise what it answers."""
    buffer = bytearray(raw)
    requests = []
    while buffer:
        if buffer.startswith(b"\r\n"):
            del buffer[:2]
        ends = HeadFinder(policy, parse_request_line).find(buffer)
        if ends is None:
            raise HTTPInputError("connection ended in the head")
        start_line, headers = parse_request_head(bytes(buffer[: ends[0]]), policy)
        del buffer[: ends[1]]
        body = body_of_length(request_body_length(start_line.version, headers, policy), policy)
        data = b""
        while not body.complete:
            piece = body.take(buffer, 10)
            if not piece and not body.complete:
                raise HTTPInputError("connection ended in the body")
            data += piece
        requests.append((f"{start_line.method} {start_line.path}", data))
    return requests


def gunicorn_bytes(path) -> bytes:
    r"""Give the raw bytes of a case: real line breaks mean nothing, escapes do."""
    text = path.read_bytes().replace(b"\n", b"")
    return re.sub(
        rb"\\(x[0-9a-fA-F]{2}|[rnt0])",
        lambda m: (
            bytes.fromhex(m[1][1:].decode())
            if m[1][:1] == b"x"
            else {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0"}[m[1]]
        ),
        text,
    )


def with_host(raw: bytes) -> bytes:
    """Add the Host that HTTP/1.1 demands and old cases leave out."""
    if raw.partition(b"\r\n")[0].endswith(b"HTTP/1.1") and not re.search(rb"(?i)\r\nhost:", raw):
        return raw.replace(b" HTTP/1.1\r\n", b" HTTP/1.1\r\nHost: h\r\n")
    return raw


async def test_everything_gunicorn_calls_invalid_is_refused(corpora, attack):
    cases = sorted((corpora / "gunicorn-requests" / "invalid").glob("*.http"))
    assert len(cases) > 60
    wrong = []
    for path in cases:
        if path.stem in LIMITS:
            continue
        raw = gunicorn_bytes(path)
        for cut in ("whole", "random", "bytes"):
            outcome = await attack(raw, cut, end=True)
            # A first good request before the bad one is answered; nothing after it is.
            if not outcome.statuses or not 400 <= outcome.statuses[-1] < 600:
                wrong.append((path.name, cut, outcome.statuses, outcome.dispatched))
    assert wrong == []


@pytest.mark.parametrize("name", LIMITS)
def test_what_gunicorn_refuses_by_its_limits_is_refused_by_ours(corpora, name):
    raw = gunicorn_bytes(corpora / "gunicorn-requests" / "invalid" / f"{name}.http")
    with pytest.raises(HTTPInputError) as error:
        read_requests(raw, LIMITS[name])
    assert error.value.status_code in (414, 431)


def test_what_gunicorn_calls_valid_is_read_or_listed(corpora):
    cases = sorted((corpora / "gunicorn-requests" / "valid").glob("*.http"))
    assert len(cases) > 40
    refused = set()
    for path in cases:
        try:
            read_requests(with_host(gunicorn_bytes(path)))
        except HTTPInputError:
            refused.add(path.stem)
    assert refused == set(STRICTER)


async def test_what_gunicorn_calls_valid_is_served_as_it_is_read(corpora, attack):
    cases = sorted((corpora / "gunicorn-requests" / "valid").glob("*.http"))
    served = 0
    for path in cases:
        if path.stem in STRICTER:
            continue
        raw = with_host(gunicorn_bytes(path))
        expected = read_requests(raw)
        for cut in ("whole", "random", "bytes"):
            outcome = await attack(raw, cut, end=True)
            found = list(zip(outcome.dispatched, outcome.bodies, strict=True))
            # What is asked to be the last request is the last that is served.
            assert found == expected[: len(found)], (path.name, cut)
            assert found or not expected, (path.name, cut)
            assert outcome.log == [], (path.name, cut)
        served += 1
    assert served > 20


# Their fault is in a second request, which the first said would not come (RFC 9112, 9.6).
BEHIND_THE_LAST = {
    "connection: ### No restart when keep-alive is off (1.0)",
}


async def test_what_llhttp_refuses_is_refused_on_the_wire(corpora, attack):
    not_looked_at = set()
    for title, raw in llhttp_cases(corpora / "llhttp" / "request"):
        if title in PASSED_ON:
            continue
        for cut in ("whole", "random", "bytes"):
            outcome = await attack(raw, cut, end=True)
            if outcome.statuses == [200] and b"Connection: close" in outcome.received:
                not_looked_at.add(title)
                continue
            assert 400 <= outcome.statuses[-1] < 600, (title, cut, outcome)
            assert len(outcome.log) == 1, (title, cut)
    assert not_looked_at == BEHIND_THE_LAST


def llhttp_cases(folder, kind="request") -> list[tuple[str, bytes]]:
    """Give the strict cases that end in an error: their titles and bytes."""
    found = []
    for path in sorted(folder.glob("*.md")):
        for section in re.split(r"\n(?=#)", path.read_text()):
            found_kind = re.search(r'"type": "([\w-]+)"', section)
            block = re.search(r"```http\n(.*?)```\n\n```log\n(.*?)```", section, re.DOTALL)
            if not found_kind or not block or found_kind[1] != kind:
                continue
            if "error code=" in block[2] and "Pause on" not in block[2]:
                found.append((f"{path.stem}: {section.splitlines()[0]}", llhttp_bytes(block[1])))
    return found


def llhttp_bytes(block: str) -> bytes:
    r"""Give the bytes of a block: a backslash joins lines, escapes are written out, LF is CRLF."""
    text = re.sub(r"\\\n", "", block.removesuffix("\n"))
    text = text.replace("\n", "\r\n").replace("\\r\\n\r\n", "\r\n")
    for escape, char in (("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t"), ("\\f", "\f")):
        text = text.replace(escape, char)
    text = re.sub(r"\\x([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), text)
    return text.encode("latin-1", "replace")


# What llhttp refuses and we pass on: any token in capitals is a method (RFC 9110, 9.1).
PASSED_ON = {"invalid: ### HTTP protocol and ANNOUNCE method"}


def test_every_strict_error_of_llhttp_is_refused(corpora):
    cases = llhttp_cases(corpora / "llhttp" / "request")
    assert len(cases) > 40
    accepted = set()
    for title, raw in cases:
        try:
            read_requests(raw)
        except HTTPInputError:
            continue
        accepted.add(title)
    assert accepted == PASSED_ON


def read_response(raw: bytes) -> None:
    """Take one response off ``raw`` as a client would, or raise."""
    buffer = bytearray(raw)
    ends = HeadFinder(STRICT, parse_status_line).find(buffer)
    if ends is None:
        raise HTTPInputError("connection ended in the head")
    status, headers = parse_response_head(bytes(buffer[: ends[0]]), STRICT)
    del buffer[: ends[1]]
    length = response_body_length("GET", status.version, status.code, headers, STRICT)
    body = body_of_length(length, STRICT)
    while not body.complete:
        if not body.take(buffer, 10) and not body.complete:
            if length == UNTIL_CLOSE:
                return
            raise HTTPInputError("connection ended in the body")


# Bytes after a complete response are the pool's affair: it drops the connection.
AFTER_THE_END = {
    "connection: ## HTTP/1.1 with keep-alive disabled and 204 status",
    "connection: ## HTTP/1.1 with keep-alive disabled, content-length",
}


def test_every_strict_response_error_of_llhttp_is_refused(corpora):
    cases = llhttp_cases(corpora / "llhttp" / "response", "response")
    assert len(cases) > 10
    accepted = set()
    for title, raw in cases:
        try:
            read_response(raw)
        except HTTPInputError:
            continue
        accepted.add(title)
    assert accepted == AFTER_THE_END
