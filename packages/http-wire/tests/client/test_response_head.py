"""A head that comes again is read once, and means what it would mean anew."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from etesian.http_wire.client import response_reader
from etesian.http_wire.client.errors import HTTPProtocolError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n\r\n"


@pytest.fixture
def parsed(monkeypatch):
    """The heads that were parsed."""
    seen = []
    parse = response_reader.parse_response_head

    def noting(head, policy):
        seen.append(head)
        return parse(head, policy)

    monkeypatch.setattr(response_reader, "parse_response_head", noting)
    return seen


async def test_the_same_head_is_parsed_once(canned_server, client, parsed):
    async with canned_server(lambda number, *_: OK + b"%02d" % number) as server:
        responses = [await client.fetch(server.url()) for _ in range(3)]
        assert [response.body for response in responses] == [b"01", b"02", b"03"]
        assert len(parsed) == 1
        # They are the caller's: what is done to one is not seen in the next.
        responses[0].headers["X-A"] = "changed"
        del responses[1].headers["Content-Length"]
        response = await client.fetch(server.url())
        assert dict(response.headers) == {"Content-Length": "2", "X-A": "1"}
    assert server.connections == 1


async def test_another_head_or_method_is_parsed_anew(canned_server, client, parsed):
    def respond(number, head, body):
        answer = b"HTTP/1.1 %d OK\r\nContent-Length: 2\r\n\r\n" % (200 + number // 4)
        return answer if head.startswith(b"HEAD ") else answer + b"ok"

    async with canned_server(respond) as server:
        for method, code in (("GET", 200), ("HEAD", 200), ("GET", 200), ("GET", 201)):
            response = await client.fetch(server.url(), method=method)
            assert (response.code, response.body) == (code, b"" if method == "HEAD" else b"ok")
    assert len(parsed) == 4
    assert server.connections == 1


async def test_the_length_counts_each_time(canned_server, client):
    answers = [OK + b"ok", OK + b"ok" + OK + b"no", OK + b"ok"]
    async with canned_server(lambda number, *_: answers[number - 1]) as server:
        for _ in answers:
            assert (await client.fetch(server.url())).body == b"ok"
    assert server.connections == 2


async def test_what_ends_the_connection_is_remembered_too(canned_server, client):
    closing = OK.replace(b"X-A: 1", b"Connection: close") + b"ok"
    async with canned_server(closing) as server:
        for _ in range(3):
            await client.fetch(server.url())
    assert server.connections == 3


@pytest.mark.parametrize("more", [b"X-A: 2\r\n", b"X-B: %s\r\n" % (b"x" * 3000)])
async def test_repeated_fields_and_long_heads_are_not_kept(canned_server, client, parsed, more):
    async with canned_server(OK[:-2] + more + b"\r\nok") as server:
        for _ in range(2):
            response = await client.fetch(server.url())
            assert response.headers["X-A"].startswith("1")
    assert len(parsed) == 2


async def test_limits_are_those_of_each_request(canned_server, make_client):
    client = make_client(max_buffer_size=1, max_body_size=2)
    pieces = []
    async with canned_server(OK + b"ok") as server:
        await client.fetch(server.url(), streaming_callback=pieces.append)
        with pytest.raises(HTTPProtocolError):
            await client.fetch(server.url())
    assert pieces == [b"ok"]


async def test_the_same_head_in_pieces_is_no_repetition(canned_server, client, parsed):
    async def in_pieces(number, *_):
        if number % 2:
            return OK + b"%02d" % number
        server.writers[0].write(OK + b"%d" % (number // 10))
        await asyncio.sleep(0.01)
        return b"%d" % (number % 10)

    async with canned_server(in_pieces) as server:
        responses = [await client.fetch(server.url()) for _ in range(4)]
    assert [response.body for response in responses] == [b"01", b"02", b"03", b"04"]
    assert len(parsed) == 3
    assert server.connections == 1


async def test_who_watches_the_response_come_sees_each(canned_server, client):
    async def wait(piece):
        await asyncio.sleep(0)
        events.append(piece)

    events = []
    async with canned_server(OK + b"ok") as server:
        for _ in range(3):
            await client.fetch(server.url(), header_callback=events.append)
            await client.fetch(server.url(), streaming_callback=wait)
            await client.fetch(server.url())
    head = ["HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n", "X-A: 1\r\n", "\r\n"]
    assert events == [*head, b"ok"] * 3
    assert server.connections == 1


@pytest.mark.parametrize("coded", [True, False])
async def test_what_has_to_be_looked_at_is_each_time(canned_server, client, parsed, coded):
    body = gzip.compress(b"hello") if coded else b"hello"
    first = b"200 OK\r\nContent-Encoding: gzip" if coded else b"404 Gone"
    answer = b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (first, len(body), body)
    async with canned_server(answer) as server:
        for _ in range(3):
            response = await client.fetch(server.url(), raise_error=False)
            assert (response.code, response.body) == (200 if coded else 404, b"hello")
    assert len(parsed) == 1


async def test_an_end_behind_the_same_head_ends_the_connection(canned_server, client):
    answers = [OK + b"ok", OK + b"ok" + b"<close>", OK + b"ok"]
    async with canned_server(lambda number, *_: answers[number - 1]) as server:
        for _ in answers:
            assert (await client.fetch(server.url())).body == b"ok"
            await asyncio.sleep(0.01)
    assert server.connections == 2
