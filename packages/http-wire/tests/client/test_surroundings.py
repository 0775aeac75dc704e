"""What the client takes from its surroundings, and what it lets out to them."""

from __future__ import annotations

import logging

import pytest

from etesian.http_wire.client.errors import HTTPClientError
from etesian.streams.interface import TCPClient

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.spec("S253")
async def test_neither_proxy_nor_credentials_come_from_the_environment(
    canned_server, either, monkeypatch, tmp_path
):
    async with canned_server(OK) as server, canned_server(OK) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login u password secret\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        await either.fetch(server.url())
    assert proxy.connections == 0
    assert b"uthorization" not in server.heads[0]


@pytest.mark.spec("S251")
async def test_a_hook_judges_the_address_that_is_dialled(canned_server, make_client):
    seen = []

    def allow(address):
        seen.append(address)
        return False

    client = make_client(tcp_client=TCPClient(allow_address=allow))
    async with canned_server(OK) as server:
        for host in ("localhost", "127.0.0.1"):
            with pytest.raises(PermissionError):
                await client.fetch(server.url(host=host))
    assert server.connections == 0
    assert any("127.0.0.1" in str(address) for address in seen)


@pytest.mark.spec("S208", "B-HTTP-162")
async def test_no_secret_reaches_a_log_or_an_error(canned_server, client, caplog):
    caplog.set_level(logging.DEBUG)
    answer = b"HTTP/1.1 500 Down\r\nContent-Length: 6\r\nSet-Cookie: secret\r\n\r\nsecret"
    shown = []
    async with canned_server(answer) as server:
        for path in ("/", "/bad path"):
            with pytest.raises((HTTPClientError, ValueError)) as caught:
                await client.fetch(
                    server.url(path + "?token=secret").replace("//", "//user:secret@"),
                    headers={"Cookie": "secret"},
                    method="POST",
                    body="secret",
                )
            shown += [str(caught.value), repr(caught.value)]
    assert "secret" not in "".join(shown)
    assert "secret" not in caplog.text


async def test_against_our_own_server(client):
    import asyncio
    import socket

    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import ResponseStartLine, create_server

    def echo(request):
        body = request.method.encode() + b" " + request.body
        headers = HTTPHeaders({"Content-Length": str(len(body))})
        request.connection.write_headers(ResponseStartLine("", 200, "OK"), headers, body)
        request.connection.finish()

    listener = socket.create_server(("127.0.0.1", 0))
    server = create_server(echo)
    server.add_socket(listener)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    async def produce(write):
        for _ in range(100):
            await write(b"x" * 1000)

    try:
        assert (await client.fetch(url)).body == b"GET "
        assert (await client.fetch(url, method="POST", body="b" * 70_000)).body[:6] == b"POST b"
        response = await client.fetch(url, method="PUT", body_producer=produce)
        assert response.body == b"PUT " + b"x" * 100_000
        response = await client.fetch(url, method="POST", body="w", expect_100_continue=True)
        assert response.body == b"POST w"
    finally:
        server.stop()
        await server.close_all_connections()
        await asyncio.sleep(0)
