"""Proxies of the pooled client: tunnels, their keys, and the environment."""

from __future__ import annotations

import asyncio
import gc
import pickle
import ssl

import pytest

from etesian.http_wire.client.errors import (
    HTTPProtocolError,
    HTTPProxyError,
    HTTPStreamClosedError,
    HTTPTimeoutError,
)
from etesian.http_wire.client.proxy import proxy_of_environment, url_of_environment
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.tls import TLSContexts
from etesian.http_wire.client.upgrade import connect_upgrade
from etesian.http_wire.client.url import Origin, parse_url

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
async def tls_origin(canned_server, server_tls):
    async with canned_server(OK, tls=server_tls("localhost")) as origin:
        yield origin


def address(server):
    return server.url(host="localhost")


async def test_a_tunnel_is_kept(tls_origin, client, proxy, ca_file):
    for _ in range(3):
        response = await client.fetch(address(tls_origin), ca_certs=ca_file, **proxy.options)
        assert response.body == b"ok"
    assert tls_origin.connections == 1
    assert len(proxy.heads) == 1


async def test_tls_runs_inside_tls(tls_origin, client, tls_proxy, ca_file):
    for _ in range(2):
        response = await client.fetch(address(tls_origin), ca_certs=ca_file, **tls_proxy.options)
        assert response.body == b"ok"
    assert len(tls_proxy.heads) == 1
    assert b"Proxy-Authorization" not in tls_origin.heads[0]


async def test_a_proxy_over_tls_answers_for_plain_http(client, tls_proxy):
    for _ in range(2):
        response = await client.fetch("http://elsewhere.test/x?y", **tls_proxy.options)
        assert response.body == b"ok"
    assert tls_proxy.connections == 1
    assert tls_proxy.heads[0].startswith(b"GET http://elsewhere.test/x?y HTTP/1.1\r\n")


async def test_a_proxy_over_tls_is_verified(tls_origin, client, tls_proxy, ca_file):
    options = {**tls_proxy.options, "proxy_ssl_options": ssl.create_default_context()}
    with pytest.raises(ssl.SSLCertVerificationError):
        await client.fetch(address(tls_origin), ca_certs=ca_file, **options)
    assert tls_proxy.heads == []


@pytest.mark.spec("S242")
async def test_a_server_behind_a_tunnel_must_prove_its_name(
    canned_server, client, tls_proxy, server_tls, ca_file
):
    # CPython 3.11.7 fails to close TLS inside TLS by force, and tells the loop so (gh-113214).
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    async with canned_server(OK, tls=server_tls("other.test")) as origin:
        with pytest.raises(ssl.SSLCertVerificationError):
            await client.fetch(address(origin), ca_certs=ca_file, **tls_proxy.options)
    assert origin.heads == []


@pytest.mark.spec("S240")
async def test_a_proxy_and_its_credentials_are_part_of_the_key(tls_origin, client, proxy, ca_file):
    others = {**proxy.options, "proxy_password": "another"}
    for options in ({}, proxy.options, others, {}, proxy.options, others):
        await client.fetch(address(tls_origin), ca_certs=ca_file, **options)
    assert tls_origin.connections == 3
    assert len(proxy.heads) == 2


@pytest.mark.spec("S244")
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "more than the head"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", "octets|fields"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 100_000, "octets"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "version"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 200, "interim"),
        (b"HTTP/1.1 101 Switching\r\n\r\n", "switched"),
    ],
)
async def test_an_answer_that_only_opens_no_tunnel_is_refused(
    tls_origin, client, proxy, ca_file, answer, message
):
    proxy.tunnel_answer, proxy.opens = answer, False
    with pytest.raises(HTTPProtocolError, match=message):
        await client.fetch(address(tls_origin), ca_certs=ca_file, **proxy.options)
    assert tls_origin.heads == []


@pytest.mark.spec("S244")
async def test_octets_before_the_handshake_are_not_the_servers(tls_origin, client, ca_file):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()
        await reader.read(10)  # the handshake has begun
        writer.write(OK)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(ssl.SSLError):
        await client.fetch(
            address(tls_origin), ca_certs=ca_file, proxy_host="127.0.0.1", proxy_port=port
        )
    server.close()
    await server.wait_closed()


async def test_a_refusal_names_the_status_of_the_proxy(tls_origin, client, proxy, ca_file):
    options = {name: proxy.options[name] for name in ("proxy_host", "proxy_port")}
    with pytest.raises(HTTPProxyError, match="407") as refused:
        await client.fetch(address(tls_origin), ca_certs=ca_file, **options)
    assert refused.value.proxy_code == 407
    assert pickle.loads(pickle.dumps(refused.value)).proxy_code == 407  # noqa: S301  # our own


async def test_an_interim_response_is_passed_over(tls_origin, client, proxy, ca_file):
    proxy.tunnel_answer = b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n" + proxy.tunnel_answer
    response = await client.fetch(address(tls_origin), ca_certs=ca_file, **proxy.options)
    assert response.body == b"ok"


async def test_a_proxy_that_leaves_or_is_silent_is_an_error(client):
    async def leave(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if not silent:
            writer.close()
        else:
            await reader.read()
            writer.close()

    server = await asyncio.start_server(leave, "127.0.0.1", 0)
    options = {"proxy_host": "127.0.0.1", "proxy_port": server.sockets[0].getsockname()[1]}
    silent = False
    with pytest.raises(HTTPStreamClosedError, match="proxy"):
        await client.fetch("https://elsewhere.test/", **options)
    silent = True
    with pytest.raises(HTTPTimeoutError, match="connecting"):
        await client.fetch("https://elsewhere.test/", connect_timeout=0.05, **options)
    server.close()
    await server.wait_closed()


async def test_nothing_is_logged_of_a_tunnel_that_nobody_waits_for(client, proxy, caplog):
    proxy.opens = False
    for steps in range(40):
        fetch = client.fetch("https://elsewhere.test/", **proxy.options)
        for _ in range(steps):
            await asyncio.sleep(0)
        fetch.cancel()
        await asyncio.wait([fetch])
    await asyncio.sleep(0.01)
    gc.collect()
    assert caplog.text == ""


@pytest.mark.spec("S243")
async def test_a_field_for_the_proxy_does_not_enter_the_tunnel(either, proxy):
    with pytest.raises(ValueError, match="proxy_username"):
        await either.fetch(
            "https://elsewhere.test/", headers={"Proxy-Authorization": "Basic x"}, **proxy.options
        )
    assert proxy.connections == 0


@pytest.mark.spec("S243")
async def test_a_field_for_the_proxy_does_not_enter_the_tunnel_of_an_upgrade(proxy):
    request = HTTPRequest(
        "http://elsewhere.test/", headers={"Proxy-Authorization": "Basic x"}, **proxy.options
    )
    with pytest.raises(ValueError, match="proxy_username"):
        await connect_upgrade(request, lambda _: asyncio.Protocol())
    assert proxy.connections == 0


@pytest.mark.parametrize(
    "options",
    [
        {"proxy_host": "a.test"},
        {"proxy_port": 3128},
        {"proxy_username": "u"},
        {"proxy_host": "a.test", "proxy_port": 0},
        {"proxy_host": "u@a.test", "proxy_port": 3128},
        {"proxy_host": "a.test/x", "proxy_port": 3128},
        {"proxy_host": "a.test\r\nX: y", "proxy_port": 3128},
        {"proxy_host": "a.test", "proxy_port": 3128, "proxy_username": "a:b"},
        {"proxy_host": "a.test", "proxy_port": 3128, "proxy_auth_mode": "digest"},
    ],
)
async def test_options_that_make_no_proxy_are_refused(client, options):
    with pytest.raises(ValueError):  # which one depends on the option
        await client.fetch("http://127.0.0.1/", **options)


async def test_an_upgrade_goes_through_a_tunnel(canned_server, proxy):
    class Taker(asyncio.Protocol):
        def __init__(self, _response):
            self.lost = asyncio.get_running_loop().create_future()

        def connection_made(self, transport):
            self.transport = transport

        def connection_lost(self, exc):
            self.lost.set_result(exc)

    switch = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
    async with canned_server(switch) as origin:
        request = HTTPRequest(
            origin.url(), headers={"Upgrade": "x", "Connection": "Upgrade"}, **proxy.options
        )
        protocol = await connect_upgrade(request, Taker)
        assert proxy.heads[0].startswith(b"CONNECT 127.0.0.1:")
        assert b"Proxy-Authorization" not in origin.heads[0]
        protocol.transport.abort()
        await protocol.lost


@pytest.mark.spec("S253")
async def test_the_environment_names_a_proxy_only_when_asked(
    canned_server, make_client, proxy, monkeypatch
):
    monkeypatch.setenv("http_proxy", f"http://pu:p%3Aw@127.0.0.1:{proxy.port}/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    trusting = make_client(trust_environment=True)
    assert (await trusting.fetch("http://elsewhere.test/")).body == b"ok"
    assert b"\r\nProxy-Authorization: Basic cHU6cDp3\r\n" in proxy.heads[0]
    async with canned_server(OK) as server:
        await trusting.fetch(server.url())
        await make_client().fetch(server.url())
    assert len(proxy.heads) == 1


@pytest.mark.parametrize(
    ("names", "url"),
    [
        ("::1", "http://[::1]/"),
        ("a.test,::1", "http://[::1]:81/"),
        ("[::1]", "http://[::1]/"),
        ("a.test", "http://a.test./"),
        ("a.test", "http://b.a.test.:81/"),
        ("a.test:80", "http://a.test/"),
    ],
)
def test_hosts_are_reached_without_a_proxy_however_they_are_written(monkeypatch, names, url):
    monkeypatch.setenv("http_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "other.test")
    assert url_of_environment(parse_url(url).origin) == "http://proxy.test:3128"
    monkeypatch.setenv("no_proxy", names)
    assert url_of_environment(parse_url(url).origin) is None


def test_the_environment_is_read_as_customary(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    contexts = TLSContexts()
    secure, plain = Origin("https", "a.test", 443), Origin("http", "a.test", 80)
    assert proxy_of_environment(secure, contexts) is None
    monkeypatch.setenv("all_proxy", "proxy.test:3128")
    assert proxy_of_environment(plain, contexts).port == 3128
    monkeypatch.setenv("https_proxy", "https://u:secret@proxy.test")
    proxy = proxy_of_environment(secure, contexts)
    assert (proxy.host, proxy.port) == ("proxy.test", 443)
    assert proxy.tls is not None
    assert proxy.tls.verify_mode is ssl.CERT_REQUIRED
    assert "secret" not in repr(proxy)
    assert proxy.authorization not in repr(proxy)
    monkeypatch.setenv("https_proxy", "gopher://proxy.test:1080")
    with pytest.raises(ValueError, match="scheme"):
        proxy_of_environment(secure, contexts)
    monkeypatch.setenv("no_proxy", ".test")
    assert proxy_of_environment(secure, contexts) is None
    assert proxy_of_environment(Origin("http", "test.example", 80), contexts) is not None
