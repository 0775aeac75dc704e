"""Proxies, through either client: who gets to see which credentials."""

from __future__ import annotations

from base64 import b64decode

import pytest

from etesian.http_wire.client.errors import HTTPClientError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.spec("B-HTTP-156", "B-HTTP-158")
async def test_a_proxy_is_asked_for_plain_http(either, proxy):
    response = await either.fetch("http://elsewhere.test/x", **proxy.options)
    assert response.body == b"ok"
    assert proxy.heads[-1].startswith(b"GET http://elsewhere.test/x HTTP/1.1\r\n")
    credentials = proxy.heads[-1].split(b"Proxy-Authorization: Basic ")[1].split(b"\r\n")[0]
    assert b64decode(credentials) == b"pu:p:w"


@pytest.mark.spec("S243")
async def test_a_tunnel_keeps_both_credentials_apart(
    canned_server, either, proxy, server_tls, ca_file
):
    async with canned_server(OK, tls=server_tls("localhost")) as origin:
        response = await either.fetch(
            origin.url(host="localhost"),
            ca_certs=ca_file,
            headers={"Cookie": "for the origin"},
            auth_username="ou",
            **proxy.options,
        )
    assert response.body == b"ok"
    assert "X-Proxy" not in response.headers
    assert proxy.heads[-1].startswith(b"CONNECT localhost:")
    assert b"Cookie" not in proxy.heads[-1]
    assert b"\r\nAuthorization" not in proxy.heads[-1]
    assert b"Proxy-Authorization" not in origin.heads[0]
    assert b"Cookie: for the origin\r\n" in origin.heads[0]


@pytest.mark.spec("S242")
async def test_the_server_behind_a_tunnel_is_verified(
    canned_server, either, proxy, server_tls, ca_file
):
    async with canned_server(OK, tls=server_tls("other.test")) as origin:
        with pytest.raises((HTTPClientError, OSError)):
            await either.fetch(origin.url(host="localhost"), ca_certs=ca_file, **proxy.options)
    assert origin.heads == []


@pytest.mark.spec("S244")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    ],
)
async def test_a_proxy_cannot_answer_for_the_server(
    canned_server, either, proxy, server_tls, ca_file, answer
):
    proxy.tunnel_answer, proxy.opens = answer, False
    async with canned_server(OK, tls=server_tls("localhost")) as origin:
        with pytest.raises((HTTPClientError, OSError)):
            await either.fetch(origin.url(host="localhost"), ca_certs=ca_file, **proxy.options)


@pytest.mark.spec("S253")
async def test_no_proxy_comes_from_the_environment(canned_server, either, proxy, monkeypatch):
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}/")
    async with canned_server(OK) as server:
        assert (await either.fetch(server.url())).body == b"ok"
    assert proxy.heads == []


@pytest.mark.spec("S253")
async def test_the_environment_takes_no_proxy_away(either, proxy, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "*")
        response = await either.fetch("http://elsewhere.test/x", **proxy.options)
        assert response.body == b"ok"
        monkeypatch.delenv(name)


@pytest.mark.parametrize("named", ["by url", "by host and port"])
async def test_a_proxy_at_an_ipv6_address(canned_server, either, named):
    async with canned_server(OK, host="::1") as proxy:
        by_url = {"proxy": proxy.url(host="[::1]")}
        by_host = {"proxy_host": "::1", "proxy_port": proxy.port}
        options = by_url if named == "by url" else by_host
        assert (await either.fetch("http://elsewhere.test/x", **options)).body == b"ok"
    assert proxy.heads[0].startswith(b"GET http://elsewhere.test/x HTTP/1.1\r\n")
