"""Digest credentials for a proxy, by the client on libcurl."""

from __future__ import annotations

import asyncio
import hashlib
import re
from contextlib import suppress

import pytest

pytest.importorskip("pycurl", reason="the extra curl is not installed")

from etesian.http_wire.client.curl_client import CurlAsyncHTTPClient
from etesian.http_wire.client.errors import HTTPClientError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHALLENGE = (
    b"HTTP/1.1 407 Who\r\nContent-Length: 4\r\n"
    b'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256\r\n\r\nwho?'
)


def is_right(head):
    """Reckon the digest after (RFC 7616, 3.4.1)."""
    line = re.search(rb"Proxy-Authorization: Digest (.*)\r\n", head)
    if line is None:
        return False
    said = dict(re.findall(r'(\w+)="?([^",]*)"?', line[1].decode()))

    def digest(*parts):
        return hashlib.sha256(":".join(parts).encode()).hexdigest()

    secret = digest("pu", "r", "p:w")
    asked = digest(head.split(b" ")[0].decode(), said["uri"])
    return said["response"] == digest(
        secret, said["nonce"], said["nc"], said["cnonce"], said["qop"], asked
    )


class DigestProxy:
    """Opens tunnels, and answers plain requests itself, for those who know the password."""

    def __init__(self):
        self.heads = []
        self._writers = []

    async def serve(self, reader, writer):
        self._writers.append(writer)
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                if not is_right(head):
                    writer.write(CHALLENGE)
                elif head.startswith(b"CONNECT "):
                    writer.write(b"HTTP/1.1 200 Go\r\n\r\n")
                    await self._tunnel(head, reader, writer)
                else:
                    writer.write(OK)
        writer.close()

    async def _tunnel(self, head, reader, writer):
        host, port = head.split(b" ")[1].decode().rsplit(":", 1)
        there, back = await asyncio.open_connection(host, int(port))
        self._writers.append(back)

        async def pump(source, sink):
            with suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
            sink.close()

        await asyncio.gather(pump(reader, back), pump(there, writer))

    def stop(self):
        for writer in self._writers:
            writer.transport.abort()


@pytest.fixture
async def digest_proxy(anyio_backend):
    proxy = DigestProxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.options = {
        "proxy": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        "proxy_username": "pu",
        "proxy_password": "p:w",
        "proxy_auth_mode": "digest",
    }
    yield proxy
    server.close()
    proxy.stop()
    await server.wait_closed()
    await asyncio.sleep(0.02)


@pytest.fixture
async def curl(anyio_backend):
    client = CurlAsyncHTTPClient(force_instance=True)
    yield client
    client.close()
    await asyncio.sleep(0)


@pytest.mark.spec("B-HTTP-158")
async def test_a_plain_request_answers_the_challenge(curl, digest_proxy):
    pieces, lines = [], []
    callbacks = {"streaming_callback": pieces.append, "header_callback": lines.append}
    url = "http://elsewhere.test/x"
    response = await curl.fetch(url, **callbacks, **digest_proxy.options)
    assert (response.code, pieces) == (200, [b"ok"])
    assert [line for line in lines if line.startswith("HTTP/")] == ["HTTP/1.1 200 OK\r\n"]
    assert b"p:w" not in b"".join(digest_proxy.heads)


@pytest.mark.spec("B-HTTP-158", "S243")
async def test_a_tunnel_is_opened_by_a_digest(
    canned_server, curl, digest_proxy, server_tls, ca_file
):
    async with canned_server(OK, tls=server_tls("localhost")) as origin:
        url = origin.url(host="localhost")
        response = await curl.fetch(url, ca_certs=ca_file, **digest_proxy.options)
        assert response.body == b"ok"
        assert b"Proxy-Authorization" not in origin.heads[0]
    assert digest_proxy.heads[-1].startswith(b"CONNECT localhost:")


async def test_the_wrong_password_is_refused_once(curl, digest_proxy):
    options = {**digest_proxy.options, "proxy_password": "guess"}
    response = await curl.fetch("http://elsewhere.test/", raise_error=False, **options)
    assert (response.code, response.body) == (407, b"who?")
    assert len(digest_proxy.heads) == 2
    with pytest.raises(HTTPClientError):
        await curl.fetch("https://elsewhere.test/", **options)


async def test_credentials_for_the_server_do_no_harm(curl, digest_proxy):
    """It never asks for them."""
    options = {"auth_username": "u", "auth_password": "p", "auth_mode": "digest"}
    url = "http://elsewhere.test/"
    assert (await curl.fetch(url, **options, **digest_proxy.options)).body == b"ok"
