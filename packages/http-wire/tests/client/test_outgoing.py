"""What is sent, as the server sees it, and what is refused before."""

from __future__ import annotations

import asyncio
from array import array

import pytest

from etesian.http_wire.client.errors import HTTPProtocolError, HTTPStreamClosedError
from etesian.http_wire.client.outgoing import OutgoingRequest, _full_head, request_head
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.upgrade import connect_upgrade
from etesian.http_wire.client.url import parse_url
from etesian.http_wire.interface import HTTPOutputError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.spec("B-HTTP-139", "B-HTTP-140")
@pytest.mark.parametrize(
    ("method", "body"),
    [("GET", b""), ("GET", b"x"), ("DELETE", b"x"), ("POST", None), ("PUT", None), ("PATCH", None)],
)
async def test_bodies_follow_custom(canned_server, either, method, body):
    async with canned_server(OK) as server:
        with pytest.raises(ValueError, match=method):
            await either.fetch(server.url(), method=method, body=body)
        await either.fetch(server.url(), method=method, body=body, allow_nonstandard_methods=True)
    assert server.bodies == [body or b""]


@pytest.mark.spec("B-HTTP-141")
async def test_unknown_methods_need_permission(canned_server, either):
    async with canned_server(OK) as server:
        with pytest.raises(KeyError):
            await either.fetch(server.url(), method="PURGE")
        await either.fetch(server.url(), method="PURGE", allow_nonstandard_methods=True)
    assert server.heads[0].startswith(b"PURGE / HTTP/1.1\r\n")


@pytest.mark.spec("B-HTTP-142")
async def test_patch_and_options(canned_server, either):
    async with canned_server(OK) as server:
        await either.fetch(server.url(), method="PATCH", body="p")
        await either.fetch(server.url(), method="OPTIONS")
    assert server.bodies == [b"p", b""]


@pytest.mark.spec("S131")
@pytest.mark.parametrize(
    "options",
    [
        {"method": "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "allow_nonstandard_methods": True},
        {"method": "G T", "allow_nonstandard_methods": True},
        {"user_agent": "a\r\nX: y"},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"headers": {"Content-Length": "5"}},
        {"method": "POST", "body": b"x", "headers": {"Content-Length": "5"}},
        {"method": "POST", "body": b"x", "headers": {"Content-Length": "+1"}},
        {"method": "POST", "body": b"x", "headers": {"Content-Length": "1" * 40}},
        {"method": "CONNECT", "allow_nonstandard_methods": True},
        {"auth_username": "a:b", "auth_password": "c"},
    ],
)
async def test_what_would_break_the_framing_is_not_sent(canned_server, either, options):
    async with canned_server(OK) as server:
        with pytest.raises(ValueError, match=r"."):
            await either.fetch(server.url(), **options)
    assert server.connections == 0


@pytest.mark.spec("S131")
@pytest.mark.parametrize("url", ["http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y"])
async def test_urls_cannot_split_a_request(either, url):
    with pytest.raises(ValueError, match="white space"):
        await either.fetch(url)


@pytest.mark.spec("B-HTTP-128")
async def test_digest_is_refused(client):
    with pytest.raises(ValueError, match="digest"):
        await client.fetch("http://127.0.0.1/", auth_username="u", auth_mode="digest")


@pytest.mark.spec("B-HTTP-156")
async def test_the_source_address_is_bound(canned_server, either):
    async with canned_server(OK) as server:
        await either.fetch(server.url(), network_interface="127.0.0.9")
        assert server.writers[0].get_extra_info("peername")[0] == "127.0.0.9"


@pytest.mark.spec("B-HTTP-156")
@pytest.mark.parametrize("name", ["localhost", "eth0", "127.1", "a\0b", ""])
async def test_a_source_that_is_no_address_is_not_looked_up(canned_server, client, name):
    async with canned_server(OK) as server:
        with pytest.raises(ValueError, match="network_interface"):
            await client.fetch(server.url(), network_interface=name)
        with pytest.raises(ValueError, match="network_interface"):
            await connect_upgrade(HTTPRequest(server.url(), network_interface=name), lambda _: None)
    assert server.connections == 0


@pytest.mark.parametrize("options", ["close", "Close", "x, close"])
async def test_a_request_that_says_close_is_the_last_of_its_connection(
    canned_server, either, options
):
    async with canned_server(OK) as server:
        await either.fetch(server.url())
        await either.fetch(server.url(), headers={"Connection": options})
        await either.fetch(server.url(), headers={"Connection": "x"})
        await either.fetch(server.url())
    assert server.connections == 2


@pytest.mark.spec("B-HTTP-127")
async def test_basic_credentials_come_from_arguments_or_the_url(canned_server, either):
    async with canned_server(OK) as server:
        await either.fetch(server.url(), auth_username="Aladdin", auth_password="open sesame")
        await either.fetch(server.url().replace("//", "//Aladdin:open%20sesame@"))
        await either.fetch(server.url().replace("//", "//x:y@"), auth_username="Aladdin")
    for head in server.heads[:2]:
        assert b"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n" in head
        assert b"Host: 127.0.0.1:%d\r\n" % server.port in head
    assert b"Authorization: Basic QWxhZGRpbjo=\r\n" in server.heads[2]


async def test_credentials_are_one_text_however_they_were_typed(canned_server, either):
    composed, decomposed, raw = "\xe9", "e\u0301", "%E9"
    async with canned_server(OK) as server:
        for name in (composed, decomposed):
            await either.fetch(server.url(), auth_username=name, auth_password=name)
        await either.fetch(server.url().replace("//", f"//{raw}:{raw}@"))
    for head in server.heads[:2]:
        assert b"Authorization: Basic w6k6w6k=\r\n" in head
    assert b"Authorization: Basic 6Trp\r\n" in server.heads[2]


@pytest.mark.spec("B-HTTP-129")
async def test_the_user_agent(canned_server, either):
    async with canned_server(OK) as server:
        await either.fetch(server.url())
        await either.fetch(server.url(), headers={"User-Agent": "mine"})
        await either.fetch(server.url(), headers={"User-Agent": "mine"}, user_agent="other")
    assert b"User-Agent: etesian-http-wire\r\n" in server.heads[0]
    assert b"User-Agent: mine\r\n" in server.heads[1]
    assert b"User-Agent: other\r\n" in server.heads[2]


@pytest.mark.spec("B-HTTP-144")
async def test_a_body_and_a_producer_exclude_each_other(either):
    with pytest.raises(ValueError, match="not both"):
        await either.fetch(
            "http://127.0.0.1/", method="POST", body=b"", body_producer=lambda write: None
        )


@pytest.mark.spec("B-HTTP-145")
async def test_a_produced_body_is_chunked(canned_server, client):
    async def produce(write):
        for piece in (b"one", b"", b"two" * 10):
            await write(piece)

    async with canned_server(OK) as server:
        for _ in range(2):
            await client.fetch(server.url(), method="POST", body_producer=produce)
    assert server.bodies[1] == b"3\r\none\r\n1e\r\n" + b"two" * 10 + b"\r\n0\r\n\r\n"
    assert b"Transfer-Encoding: chunked\r\n" in server.heads[0]
    assert server.connections == 1


async def test_a_produced_body_of_known_length_is_counted(canned_server, client):
    def producer(*pieces):
        async def produce(write):
            for piece in pieces:
                await write(piece)

        return produce

    async with canned_server(OK) as server:
        options = {"method": "PUT", "headers": {"Content-Length": "6"}}
        await client.fetch(server.url(), body_producer=producer(b"one", b"two"), **options)
        assert server.bodies == [b"onetwo"]
        for pieces in ((b"one", b"twos"), (b"one",)):
            with pytest.raises(HTTPOutputError):
                await client.fetch(server.url(), body_producer=producer(*pieces), **options)


@pytest.mark.spec("B-HTTP-146")
async def test_what_a_producer_raises_ends_the_fetch(canned_server, client):
    async def produce(write):
        await write(b"some")
        raise ZeroDivisionError

    async with canned_server(OK) as server:
        with pytest.raises(ZeroDivisionError):
            await client.fetch(server.url(), method="POST", body_producer=produce)
        await asyncio.sleep(0.01)
        assert (await client.fetch(server.url())).body == b"ok"


async def test_a_producer_is_held_back_by_a_slow_server(canned_server, client):
    written = 0
    seen = []

    async def produce(write):
        nonlocal written
        for _ in range(500):
            await write(bytes(100_000))
            written += 100_000

    async def stall(reader, head):
        await asyncio.sleep(0.1)
        seen.append(written)
        return b""

    async with canned_server(lambda *_: None) as server:
        server._read_body = stall
        with pytest.raises((HTTPStreamClosedError, ConnectionError)):
            await client.fetch(server.url(), method="POST", body_producer=produce)
    assert 0 < seen[0] < 40_000_000


async def test_a_producer_that_is_cancelled_by_itself_is_an_error(canned_server, client):
    async def produce(write):
        await write(b"some")
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    async with canned_server(OK) as server:
        with pytest.raises(HTTPProtocolError, match="the body producer was cancelled"):
            await client.fetch(server.url(), method="POST", body_producer=produce)


@pytest.mark.spec("B-HTTP-145")
async def test_a_producer_may_write_all_at_once(canned_server, client):
    def produce(write):
        write(b"one")
        write(b"two")

    async with canned_server(OK) as server:
        await client.fetch(server.url(), method="POST", body_producer=produce)
    assert server.bodies == [b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"]


@pytest.mark.parametrize("length", [{}, {"Content-Length": "4"}])
async def test_nothing_is_written_behind_the_end_of_a_body(canned_server, client, length):
    kept = []

    async def produce(write):
        kept.append(write)
        await write(b"data")

    async with canned_server(OK) as server:
        await client.fetch(server.url(), method="POST", headers=length, body_producer=produce)
        for late in (b"GET / HTTP/1.1\r\n\r\n", b""):
            with pytest.raises(HTTPOutputError, match="ended"):
                kept[0](late)
        await client.fetch(server.url())
    assert (server.connections, len(server.heads)) == (1, 2)
    assert server.heads[1].startswith(b"GET / HTTP/1.1\r\nHost:")


@pytest.mark.parametrize("length", [{}, {"Content-Length": "8"}])
async def test_a_view_is_as_long_as_its_octets(canned_server, client, length):
    async def produce(write):
        await write(memoryview(array("I", [1, 2])))

    async with canned_server(OK) as server:
        await client.fetch(server.url(), method="POST", headers=length, body_producer=produce)
    body = array("I", [1, 2]).tobytes()
    assert server.bodies == [body if length else b"8\r\n" + body + b"\r\n0\r\n\r\n"]


@pytest.mark.spec("B-HTTP-147")
async def test_the_body_waits_for_continue(canned_server, client):
    seen = []

    async def respond(number, head, body):
        await asyncio.sleep(0.02)
        seen.append(server.readers_buffer())
        server.writers[-1].write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await server.reader.readexactly(4) == b"data"
        return OK

    async with canned_server(respond) as server:
        inner = server._serve_one

        async def serve_one(reader, writer):
            server.reader = reader
            server.readers_buffer = lambda: bytes(reader._buffer)
            return await inner(reader, writer)

        server._serve_one = serve_one
        for _ in range(2):
            response = await client.fetch(
                server.url(), method="POST", body=b"data", expect_100_continue=True
            )
            assert response.body == b"ok"
    assert seen == [b"", b""]
    assert b"Expect: 100-continue\r\n" in server.heads[0]
    assert server.connections == 1


@pytest.mark.spec("B-HTTP-147")
async def test_a_refusal_instead_of_continue_saves_the_body(canned_server, client):
    answer = b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"
    async with canned_server(answer) as server:
        for _ in range(2):
            response = await client.fetch(
                server.url(),
                method="POST",
                body=b"data",
                expect_100_continue=True,
                raise_error=False,
            )
            assert response.code == 417
    assert server.connections == 2


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize("user_agent", [None, "mine"])
@pytest.mark.parametrize("decompress_response", [True, False])
def test_the_cached_head_is_the_full_one(method, user_agent, decompress_response):
    request = HTTPRequest(
        "http://a.test:81/b?c",
        method,
        user_agent=user_agent,
        decompress_response=decompress_response,
    )
    target = parse_url(request.url)
    assert request_head(request, target) == _full_head(request, target)
    request.headers["X"] = "y"
    assert b"X: y\r\n" in request_head(request, target)


@pytest.mark.parametrize(
    ("options", "octets", "is_whole", "is_observed"),
    [
        ({}, b"HEAD", True, False),
        ({"body": b""}, b"HEAD", True, False),
        ({"body": b"ab"}, b"HEADab", True, False),
        ({"body": b"a" * 16385}, b"HEAD", False, False),
        ({"body": b"ab", "expect_100_continue": True}, b"HEAD", False, False),
        ({"expect_100_continue": True}, b"HEAD", True, False),
        ({"body_producer": print}, b"HEAD", False, False),
        ({"streaming_callback": print}, b"HEAD", True, True),
        ({"header_callback": print}, b"HEAD", True, True),
    ],
)
def test_what_leaves_at_first(options, octets, is_whole, is_observed):
    request = HTTPRequest("http://a.test/", "PUT", **options)
    outgoing = OutgoingRequest(request, parse_url(request.url), b"HEAD")
    assert (outgoing.octets, outgoing.is_whole) == (octets, is_whole)
    assert outgoing.is_observed is is_observed
    assert OutgoingRequest(request, outgoing.target, b"HEAD", for_jar=True).is_observed
