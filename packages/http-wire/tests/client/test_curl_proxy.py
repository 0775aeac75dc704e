"""Proxies through libcurl: who gets to see which credentials."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from contextlib import suppress

import pytest

pytest.importorskip("pycurl", reason="the extra curl is not installed")

from etesian.http_wire.client.curl_client import CurlAsyncHTTPClient, CurlError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
WHO = b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"


class Proxy:
    """Answers plain requests itself, and tunnels for CONNECT; asks for credentials."""

    def __init__(self):
        self.heads = []
        self.transports = []
        self.tunnel_answer = b"HTTP/1.1 200 Established\r\nX-Proxy: yes\r\n\r\n"

    async def serve(self, reader, writer):
        self.transports.append(writer.transport)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                if b"Proxy-Authorization: " not in head:
                    writer.write(WHO)
                elif head.startswith(b"CONNECT "):
                    writer.write(self.tunnel_answer)
                    await self.tunnel(head, reader, writer)
                else:
                    writer.write(OK)
        writer.transport.abort()

    async def tunnel(self, head, reader, writer):
        host, port = head.split(b" ")[1].decode().rsplit(":", 1)
        onward_reader, onward_writer = await asyncio.open_connection(host, int(port))
        self.transports.append(onward_writer.transport)

        async def pump(source, sink):
            while data := await source.read(65536):
                sink.write(data)

        await asyncio.gather(pump(reader, onward_writer), pump(onward_reader, writer))


@pytest.fixture
async def proxy(anyio_backend):
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    proxy.options = {
        "proxy_host": "127.0.0.1",
        "proxy_port": proxy.port,
        "proxy_username": "pu",
        "proxy_password": "p:w",
    }
    yield proxy
    server.close()
    for transport in proxy.transports:
        transport.abort()
    await server.wait_closed()
    await asyncio.sleep(0.01)


@pytest.fixture
async def curl(anyio_backend):
    client = CurlAsyncHTTPClient(force_instance=True)
    yield client
    client.close()
    await asyncio.sleep(0)


@pytest.mark.spec("B-HTTP-158")
async def test_a_proxy_is_asked_for_plain_http(curl, proxy):
    response = await curl.fetch("http://elsewhere.test/x", **proxy.options)
    assert response.body == b"ok"
    assert proxy.heads[-1].startswith(b"GET http://elsewhere.test/x HTTP/1.1\r\n")
    credentials = proxy.heads[-1].split(b"Proxy-Authorization: Basic ")[1].split(b"\r\n")[0]
    assert b64decode(credentials) == b"pu:p:w"


@pytest.mark.spec("S243")
async def test_a_tunnel_keeps_both_credentials_apart(
    canned_server, curl, proxy, server_tls, ca_file
):
    async with canned_server(OK, tls=server_tls("localhost")) as origin:
        response = await curl.fetch(
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
    canned_server, curl, proxy, server_tls, ca_file
):
    async with canned_server(OK, tls=server_tls("other.test")) as origin:
        with pytest.raises(CurlError):
            await curl.fetch(origin.url(host="localhost"), ca_certs=ca_file, **proxy.options)
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
    canned_server, curl, proxy, server_tls, ca_file, answer
):
    proxy.tunnel_answer = answer
    async with canned_server(OK, tls=server_tls("localhost")) as origin:
        with pytest.raises(CurlError):
            await curl.fetch(origin.url(host="localhost"), ca_certs=ca_file, **proxy.options)


@pytest.mark.spec("S253")
async def test_no_proxy_comes_from_the_environment(canned_server, curl, proxy, monkeypatch):
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}/")
    async with canned_server(OK) as server:
        assert (await curl.fetch(server.url())).body == b"ok"
    assert proxy.heads == []
