"""What is worked out once for plain requests is what each of them would have got."""

from __future__ import annotations

import pytest

from etesian.http_wire.client.request import HTTPRequest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_request_is_plain_until_anything_is_set():
    assert HTTPRequest("http://a.test/").is_plain()
    assert HTTPRequest("http://a.test/", "HEAD", headers={}, request_timeout=None).is_plain()
    for name, value in (
        ("user_agent", "x"),
        ("auth_username", "u"),
        ("proxy_host", "p.test"),
        ("validate_cert", False),
        ("decompress_response", True),
        ("body", b""),
        ("headers", {"A": "b"}),
        ("streaming_callback", print),
    ):
        request = HTTPRequest("http://a.test/")
        setattr(request, name, value)
        assert not request.is_plain(), name
        assert not HTTPRequest("http://a.test/", **{name: value}).is_plain(), name
    request = HTTPRequest("http://a.test/")
    request.headers["A"] = "b"
    assert not request.is_plain()


def test_a_subclass_with_defaults_of_its_own_is_not_plain():
    class Request(HTTPRequest):
        user_agent = "own"

    assert not Request("http://a.test/").is_plain()


async def test_plain_requests_share_a_route_and_others_do_not(canned_server, client):
    async with canned_server(OK) as server:
        for _ in range(3):
            await client.fetch(server.url())
        await client.fetch(server.url(), user_agent="mine")
        await client.fetch(server.url(), headers={"Accept-Encoding": "identity"})
        await client.fetch(server.url())
    plain = server.heads[0]
    assert server.heads[:3] == [plain] * 3
    assert server.heads[5] == plain
    assert b"User-Agent: mine\r\n" in server.heads[3]
    assert b"Accept-Encoding: identity\r\n" in server.heads[4]
    assert server.connections == 1


async def test_defaults_of_the_client_are_in_every_request(canned_server, make_client):
    client = make_client(defaults={"user_agent": "of-the-client"})
    async with canned_server(OK) as server:
        for _ in range(2):
            await client.fetch(server.url())
    assert all(b"User-Agent: of-the-client\r\n" in head for head in server.heads)


async def test_credentials_are_not_remembered(canned_server, client):
    async with canned_server(OK) as server:
        with_credentials = server.url().replace("//", "//user:secret@")
        for _ in range(2):
            await client.fetch(with_credentials)
    assert all(b"Authorization: Basic " in head for head in server.heads)
    assert client._environment.routes._remembered.cache_info().currsize == 0


@pytest.mark.parametrize("method", ["POST", "NOSUCH", "a b"])
async def test_what_may_not_be_sent_is_refused_each_time(client, method):
    for _ in range(2):
        with pytest.raises((ValueError, KeyError)):
            await client.fetch("http://127.0.0.1:1/", method=method)


async def test_a_mapping_is_asked_each_time(canned_server, make_client):
    mapping = {"other.test": "127.0.0.1"}
    client = make_client(hostname_mapping=mapping)
    async with canned_server(OK) as one, canned_server(OK) as two:
        for server in (one, two):
            mapping["mapped.test"] = ("127.0.0.1", server.port)
            await client.fetch("http://mapped.test/")
        assert (len(one.heads), len(two.heads)) == (1, 1)
