"""Both clients through a proxy of the field."""

from __future__ import annotations

import asyncio
import shutil
import socket

import pytest

from etesian.http_wire.client.errors import HTTPClientError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TINYPROXY = shutil.which("tinyproxy", path="/usr/sbin:/usr/bin:/usr/local/bin")

pytestmark = pytest.mark.skipif(TINYPROXY is None, reason="tinyproxy is not installed")


@pytest.fixture
async def tinyproxy(anyio_backend, tmp_path):
    """Give the request options for a running tinyproxy that asks for credentials."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = tmp_path / "tinyproxy.conf"
    settings.write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 20\nBasicAuth pu secret\n")
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        TINYPROXY, "-d", "-c", str(settings), stdout=quiet, stderr=quiet
    )
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                await asyncio.sleep(0.02)
        writer.close()
        await writer.wait_closed()
    yield {
        "proxy_host": "127.0.0.1",
        "proxy_port": port,
        "proxy_username": "pu",
        "proxy_password": "secret",
    }
    process.kill()
    await process.wait()


@pytest.mark.spec("S243")
async def test_plain_requests_pass(canned_server, either, tinyproxy):
    async with canned_server(OK) as origin:
        for _ in range(2):
            assert (await either.fetch(origin.url("/x?y"), **tinyproxy)).body == b"ok"
        assert origin.heads[0].startswith(b"GET /x?y HTTP/1.")
        assert b"Proxy-Authorization" not in origin.heads[0]


async def test_tunnels_pass(canned_server, either, tinyproxy, server_tls, ca_file):
    async with canned_server(OK, tls=server_tls("localhost")) as origin:
        url = origin.url(host="localhost")
        for _ in range(2):
            assert (await either.fetch(url, ca_certs=ca_file, **tinyproxy)).body == b"ok"
        assert origin.connections == 1


async def test_wrong_credentials_open_nothing(either, tinyproxy):
    wrong = {**tinyproxy, "proxy_password": "guess"}
    with pytest.raises(HTTPClientError):
        await either.fetch("https://localhost:1/", **wrong)
