"""Whole conversations over a socket, cut in two at every place, the peer's side ended or not."""

from __future__ import annotations

import asyncio
import re

import pytest

from etesian.http_wire import HTTPHeaders, ResponseStartLine

HOST = b"Host: a\r\n"
LAST = b"GET /last HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"

# What is sent, and which requests are answered with 200, in order.
CONVERSATIONS = {
    "pipelined": (b"GET /1 HTTP/1.1\r\n" + HOST + b"\r\n" + LAST, ["GET /1 ", "GET /last "]),
    "body, then another": (
        b"POST /1 HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nGET /" + LAST,
        ["POST /1 GET /", "GET /last "],
    ),
    "chunks and trailers": (
        b"PUT /1 HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
        b'4;a="b;\\"c"\r\nwiki\r\n00005\r\npedia\r\n0;z\r\nX-T: 1\r\nX-U:\r\n\r\n' + LAST,
        ["PUT /1 wikipedia", "GET /last "],
    ),
    "expectation met": (
        b"POST /1 HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
        + LAST,
        ["POST /1 abc", "GET /last "],
    ),
    "expectation without a body": (
        b"GET /1 HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\n\r\n" + LAST,
        ["GET /1 ", "GET /last "],
    ),
    "upgrade that is not taken, with a body": (
        b"POST /1 HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 4\r\n\r\nbody" + LAST,
        ["POST /1 body", "GET /last "],
    ),
    "CONNECT that is not taken": (
        b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n" + LAST,
        ["CONNECT a:1 ", "GET /last "],
    ),
    "HTTP/1.0 that stays": (
        b"GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n" + LAST,
        ["GET /1 ", "GET /2 "],
    ),
    "refused after one": (
        b"GET /1 HTTP/1.1\r\n" + HOST + b"\r\nGET /2 HTTP/1.1\r\nHost : a\r\n\r\n" + LAST,
        ["GET /1 "],
    ),
}  # fmt: skip


def bodies(received):
    """The bodies of the 200 responses, and the status of the refusal behind them, if any."""
    found, rest = [], received.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    while rest.startswith(b"HTTP/1.1 200 "):
        head, _, rest = rest.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: ([0-9]+)", head)
        size = int(length[1]) if length else 0
        found.append(rest[:size].decode())
        rest = rest[size:]
    return found, rest[9:12]


def answer(seen):
    """As the recorder does, but of CONNECT, whose answer has no body."""
    body = f"{seen.start_line.method} {seen.start_line.path} ".encode() + seen.body
    code = 405 if seen.start_line.method == "CONNECT" else 200
    headers = HTTPHeaders({"Content-Length": str(len(body))})
    seen.connection.write_headers(ResponseStartLine("", code, ""), headers, body)
    seen.connection.finish()


@pytest.mark.parametrize("ends", [False, True], ids=["open", "half-closed"])
@pytest.mark.parametrize(("raw", "answered"), CONVERSATIONS.values(), ids=CONVERSATIONS)
async def test_no_cut_in_two_changes_what_is_answered(
    serve, connect, make_recorder, raw, answered, ends
):
    recorder = make_recorder(answer)
    port = serve(recorder)
    # Fewer than wait to be accepted at once: one more would try again after a second.
    at_once = asyncio.Semaphore(50)

    async def converse(place):
        async with at_once:
            return await talk(place)

    async def talk(place):
        peer = await connect(port)
        await peer.send(raw[:place])
        if place:
            await asyncio.sleep(0.002)  # long enough for the piece to arrive by itself
        await peer.send(raw[place:])
        if ends:
            peer.writer.write_eof()
        received = await peer.read_all()
        await peer.close()
        return bodies(received.replace(b"HTTP/1.1 405 ", b"HTTP/1.1 200 "))

    expected, refusal = await converse(0)
    assert expected == answered
    assert refusal == (b"400" if b"Host :" in raw else b"")
    outcomes = await asyncio.gather(*[converse(place) for place in range(1, len(raw))])
    assert set(map(repr, outcomes)) == {repr((expected, refusal))}


@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_a_body_before_the_octets_of_the_next_protocol_is_a_body(
    serve, connect, make_recorder, eventually, step
):
    streams = []

    def leave(seen):
        headers = HTTPHeaders({"Connection": "Upgrade", "Upgrade": "echo"})
        start_line = ResponseStartLine("", 101, "Switching Protocols")
        seen.connection.write_headers(start_line, headers)
        streams.append((seen.body, seen.connection.detach()))

    peer = await connect(serve(make_recorder(leave)))
    raw = (
        b"POST / HTTP/1.1\r\n" + HOST + b"Connection: upgrade\r\nUpgrade: echo\r\n"
        b"Content-Length: 4\r\n\r\nbodyGET / HTTP/1.1\r\n\r\n"
    )
    await peer.send(*[raw[start : start + step] for start in range(0, len(raw), step)])
    assert (await peer.read_until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    await eventually(lambda: streams)
    body, stream = streams[0]
    assert body == b"body"
    assert await stream.read_bytes(18) == b"GET / HTTP/1.1\r\n\r\n"
    stream.close()


async def test_a_peer_that_ends_before_the_body_it_was_told_to_send_is_refused(attack):
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    for cut in ("whole", "bytes"):
        outcome = await attack(head, cut, end=True)
        assert outcome.statuses in ([100, 400], [400])
        assert outcome.dispatched == []
        assert len(outcome.log) == 1
