"""Either client with a jar: cookies of every hop, and of no other."""

from __future__ import annotations

import asyncio
from importlib import import_module

import pytest

pytest.importorskip("publicsuffixlist", reason="the extra cookies is not installed")

from etesian.http_wire import CookieJar, SimpleAsyncHTTPClient


def answer(*fields, status="200 OK", body=b"ok"):
    lines = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def cookies_of(head):
    lines = [line for line in head.split(b"\r\n") if line.lower().startswith(b"cookie:")]
    assert len(lines) <= 1
    return lines[0].split(b": ", 1)[1].decode("latin-1") if lines else None


@pytest.fixture
def jar():
    return CookieJar()


@pytest.fixture(params=["pooled", "curl"])
async def keeping(anyio_backend, request, jar):
    """Give a client of each kind that has the jar."""
    if request.param == "pooled":
        client = SimpleAsyncHTTPClient(force_instance=True, cookie_jar=jar)
    else:
        pytest.importorskip("pycurl", reason="the extra curl is not installed")
        kind = import_module("etesian.http_wire").CurlAsyncHTTPClient
        client = kind(force_instance=True, cookie_jar=jar)
    yield client
    client.close()
    await asyncio.sleep(0)


async def test_what_a_response_sets_comes_with_the_next_request(canned_server, keeping, jar):
    async with canned_server(answer("Set-Cookie: a=1; Path=/", "Set-Cookie: b=2")) as server:
        for _ in range(3):
            await keeping.fetch(server.url("/x"))
        await keeping.fetch(server.url("/", host="localhost"))
    assert [*map(cookies_of, server.heads)] == [None, "a=1; b=2", "a=1; b=2", None]
    assert len(jar) == 4


async def test_the_same_response_sets_again_what_was_forgotten(canned_server, keeping, jar):
    async with canned_server(answer("Set-Cookie: a=1")) as server:
        for _ in range(3):
            jar.clear()
            await keeping.fetch(server.url())
            assert [cookie.name for cookie in jar] == ["a"]
    assert server.connections == 1


@pytest.mark.spec("S248", "S234")
async def test_each_hop_has_the_cookies_of_its_own_host(canned_server, keeping, jar):
    async with canned_server(answer("Set-Cookie: there=1")) as other:
        moved = answer(
            "Set-Cookie: here=1; Path=/",
            f"Location: {other.url('/', host='localhost')}",
            status="302 Found",
        )
        back = answer("Location: /two", "Set-Cookie: passing=1", status="302 Found")
        steps = {b"/": back, b"/two": moved}
        async with canned_server(lambda n, head, b: steps[head.split(b" ")[1]]) as server:
            jar.set_cookie(server.url(), "before=1; Path=/")
            jar.set_cookie(other.url(host="localhost"), "known=1")
            await keeping.fetch(server.url(), headers={"Cookie": "own=1"})
            assert [*map(cookies_of, server.heads)] == [
                "own=1; before=1",
                "own=1; before=1; passing=1",
            ]
            assert [*map(cookies_of, other.heads)] == ["known=1"]
            await keeping.fetch(other.url(host="localhost"))
            assert cookies_of(other.heads[1]) == "known=1; there=1"


async def test_what_the_request_says_goes_before_the_jar(canned_server, keeping, jar):
    async with canned_server(answer()) as server:
        jar.set_cookie(server.url(), "a=jar")
        jar.set_cookie(server.url(), "b=jar")
        headers = {"Cookie": "a=own; c=own"}
        await keeping.fetch(server.url(), headers=headers)
        assert cookies_of(server.heads[0]) == "a=own; c=own; b=jar"
        assert headers == {"Cookie": "a=own; c=own"}


async def test_secure_cookies_go_over_tls_only(canned_server, keeping, server_tls, ca_file):
    set_both = answer("Set-Cookie: s=1; Secure", "Set-Cookie: __Host-h=1; Secure; Path=/")
    async with (
        canned_server(set_both, tls=server_tls()) as secure,
        canned_server(answer()) as plain,
    ):
        for _ in range(2):
            await keeping.fetch(secure.url(host="localhost"), ca_certs=ca_file)
        await keeping.fetch(plain.url(host="localhost"))
    assert cookies_of(secure.heads[1]) == "s=1; __Host-h=1"
    assert cookies_of(plain.heads[0]) is None


async def test_errors_set_cookies_as_well(canned_server, keeping, jar):
    async with canned_server(answer("Set-Cookie: a=1", status="401 No")) as server:
        await keeping.fetch(server.url(), raise_error=False)
        assert jar.header_for(server.url()) == "a=1"


async def test_cookies_are_there_with_the_head(canned_server, keeping, jar):
    """A stream may never end."""
    begun = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 5\r\n\r\n12"
    async with canned_server(begun) as server, keeping.stream(server.url()):
        assert jar.header_for(server.url()) == "a=1"


async def test_nothing_is_kept_without_a_jar(canned_server, either):
    async with canned_server(answer("Set-Cookie: a=1")) as server:
        for _ in range(2):
            await either.fetch(server.url())
    assert cookies_of(server.heads[1]) is None


async def test_clients_may_share_a_jar(canned_server, make_client, jar):
    async with canned_server(answer("Set-Cookie: a=1")) as server:
        for client in (make_client(cookie_jar=jar), make_client(cookie_jar=jar)):
            await client.fetch(server.url())
    assert cookies_of(server.heads[1]) == "a=1"
