"""The line that a refusal leaves in the log: what was received, and which rule it breaks."""

from __future__ import annotations

import pytest

from etesian.http_wire import WirePolicy

HOST = b"Host: a\r\n"
REFUSED = "Refused a request from 127.0.0.1: "


def get(fields=HOST, line=b"GET / HTTP/1.1"):
    return line + b"\r\n" + fields + b"\r\n"


def post(fields, body=b""):
    return b"POST / HTTP/1.1\r\n" + HOST + fields + b"\r\n" + body


def chunked(body):
    return post(b"Transfer-Encoding: chunked\r\n", body)


LINES = {
    get(b"Host: a\r\nHOST: b\r\n"): "repeated Host: 'a' and 'b'",
    get(b"Host: a\r\n" * 9): "repeated Host: 'a' and 'a' and 'a' and 'a' and more",
    get(b"Host: a b\r\n"): "invalid Host: 'a b'",
    get(b""): "no Host in an HTTP/1.1 request",
    get(line=b"GET http://b/ HTTP/1.1"): "Host 'a' beside the target 'http://b/'",
    get(line=b"GET * HTTP/1.1"): "wrong form of request target for GET: '*'",
    get(line=b"GET /\xe9 HTTP/1.1"): r"invalid octets in request target: '/\xe9'",
    get(line=b"GET  / HTTP/1.1"): "malformed request line: 'GET  / HTTP/1.1'",
    get(line=b"GET / HTTP/2.0"): "version 'HTTP/2.0', expected HTTP/1.1 or HTTP/1.0",
    get(line=b"get / HTTP/1.1"): (
        "unusable method 'get', expected no more than 32 characters and no small letter"
    ),
    get(HOST + b"X : y\r\n"): "malformed header line: 'X : y'",
    get(HOST + b"X: " + b"y" * 900 + b"\x1b[31m" + b"z" * 900 + b"\r\n"): (
        r"control character or bare line end in head: 'yyyyyyyyyyyyyyyyyyyy\x1b[31mzzzzzzzzzzzzzzz'"
        " at octet 928"
    ),
    get(HOST + b"X: y\nZ: 1\r\n"): (
        r"control character or bare line end in head: "
        r"'P/1.1\r\nHost: a\r\nX: y\nZ: 1\r\n' at octet 29"
    ),
    post(b"Content-Length: 1\r\nContent-Length: 2\r\n"): "repeated Content-Length: '1' and '2'",
    post(b"Content-Length: +1\r\n"): "invalid Content-Length '+1', expected digits alone",
    post(b"Content-Length: " + b"1" * 30 + b"\r\n"): (
        "Content-Length of 30 digits, expected no more than 19"
    ),
    post(b"Content-Length: 1000\r\n"): "body of 1000 octets, expected no more than 500",
    post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"): (
        "Transfer-Encoding 'chunked' beside Content-Length '5'"
    ),
    post(b"Transfer-Encoding: gzip, chunked\r\n"): (
        "Transfer-Encoding 'gzip, chunked', only chunked is known"
    ),
    get(b"Transfer-Encoding: chunked\r\n", b"POST / HTTP/1.0"): (
        "Transfer-Encoding 'chunked' in HTTP/1.0"
    ),
    post(b"Content-Type: a/b\r\nContent-Type: c/d\r\n"): "repeated Content-Type: 'a/b' and 'c/d'",
    post(b"Expect: money\r\n"): "unknown expectation 'money'",
    chunked(b"0x5\r\n"): "malformed chunk size or extension '0x5'",
    chunked(b"1\r\nab\r\n"): r"'b\r' after chunk data, expected CRLF",
    chunked(b"1;" + b"a" * 5000): "chunk size of more than 4096 octets",
    chunked(b"0\r\nHost: b\r\n"): "forbidden trailer 'Host'",
    chunked(b"0\r\nX: \x00\r\n"): r"control character in trailer: 'X: \x00' at octet 3",
    chunked(b"0\r\nX: " + b"y" * 9000): "trailer of more than 8192 octets",
}


@pytest.mark.spec("S080", "S134")
@pytest.mark.parametrize(("raw", "line"), LINES.items(), ids=LINES.values())
async def test_a_refusal_says_what_came_and_what_was_expected(attack, raw, line):
    policy = WirePolicy(max_body_size=500)
    outcome = await attack(raw, "whole", policy=policy)
    assert outcome.log == [REFUSED + line]
    # What is known when the last octet comes may be less, or stand elsewhere in the line.
    for cut in ("random", "bytes"):
        (logged,) = (await attack(raw, cut, policy=policy)).log
        assert logged.startswith(REFUSED)
        assert logged.isprintable()
        assert logged.isascii()
        assert len(logged) < 400


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"GET / HT", "connection ended after 8 octets of a head"),
        (post(b"Content-Length: 5\r\n", b"ab"), "connection ended after 2 octets of a body"),
    ],
)
async def test_a_request_that_breaks_off_says_how_much_of_it_came(attack, raw, line):
    for cut in ("whole", "bytes"):
        assert (await attack(raw, cut, end=True)).log == [REFUSED + line]
