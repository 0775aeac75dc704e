"""The client on libcurl: what differs from the pooled one, or is done by other means."""

from __future__ import annotations

import asyncio
import copy
import gzip
import socket
import subprocess
import sys
from base64 import b64encode
from math import inf

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

pytest.importorskip("pycurl", reason="the extra curl is not installed")

import pycurl

from etesian.http_wire.client.curl_client import CurlAsyncHTTPClient
from etesian.http_wire.client.curl_error import CurlError
from etesian.http_wire.client.curl_options import configure
from etesian.http_wire.client.errors import (
    HTTPClientError,
    HTTPProtocolError,
    HTTPStreamClosedError,
)
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.url import parse_url

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\nok"


@pytest.fixture
async def curl(anyio_backend):
    client = CurlAsyncHTTPClient(force_instance=True)
    yield client
    client.close()
    await asyncio.sleep(0)


async def test_a_response_has_everything(canned_server, curl):
    async with canned_server(OK) as server:
        for _ in range(3):
            response = await curl.fetch(server.url("/a?b"))
            assert (response.code, response.reason, response.body) == (200, "OK", b"ok")
        assert response.headers.get_list("X-A") == ["1", "2"]
        assert response.effective_url == server.url("/a?b")
        assert response.request_time > 0
    assert server.connections == 1
    head = server.heads[0]
    assert head.startswith(b"GET /a?b HTTP/1.1\r\n")
    assert head.count(b"Host: ") == 1
    assert b"Accept: " not in head
    assert b"Accept-Encoding: gzip\r\n" in head


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_bodies_are_sent(canned_server, curl, method):
    body = bytes(range(256)) * 8000
    async with canned_server(OK) as server:
        for sent in (body, b"", b"\x00"):
            await curl.fetch(server.url(), method=method, body=sent)
    assert server.bodies == [body, b"", b"\x00"]
    for head in server.heads:
        assert head.startswith(method.encode() + b" / ")
        assert b"Expect" not in head
        assert head.count(b"Content-Length: ") == 1


async def test_a_path_is_asked_for_as_it_was_written(canned_server, curl):
    async with canned_server(OK) as server:
        for path in ("/a/../b", "/./a/%2E%2E/b", "//c/..?d=/../e"):
            await curl.fetch(server.url(path))
            assert server.heads[-1].startswith(f"GET {path} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("secret", ["a\r\nX-Evil", "a\0b", "a\x7f"])
@pytest.mark.parametrize("place", ["auth", "proxy"])
async def test_credentials_hold_no_control_character(canned_server, curl, place, secret):
    options = {"auth_mode": "digest"} if place == "auth" else {"proxy_auth_mode": "digest"}
    async with canned_server(OK) as server:
        if place == "proxy":
            options["proxy"] = server.url()
        for pair in ((secret, "p"), ("u", secret)):
            names = (f"{place}_username", f"{place}_password")
            with pytest.raises(ValueError, match="control character"):
                await curl.fetch(server.url(), **dict(zip(names, pair, strict=True)), **options)
    assert server.connections == 0


@pytest.mark.parametrize("fails_at", [1, 2])
async def test_what_the_preparing_callback_raises_is_raised_by_the_fetch(
    canned_server, curl, fails_at
):
    moved = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    prepared = []

    def prepare(handle):
        prepared.append(handle)
        if len(prepared) == fails_at:
            raise RuntimeError("not ready")

    async with canned_server(moved) as server:
        fetching = curl.fetch(server.url(), prepare_curl_callback=prepare, request_timeout=5)
        with pytest.raises(RuntimeError, match="not ready"):
            await fetching
    assert len(server.heads) == fails_at - 1


async def test_head_delete_and_options(canned_server, curl):
    async with canned_server(lambda n, head, b: OK[:-2] if head[:4] == b"HEAD" else OK) as server:
        for method in ("HEAD", "DELETE", "OPTIONS", "GET"):
            response = await curl.fetch(server.url(), method=method)
            assert response.body == (b"" if method == "HEAD" else b"ok")


@pytest.mark.spec("S234", "S241")
async def test_nothing_of_one_request_is_in_the_next(canned_server, curl):
    async with canned_server(OK) as other:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {other.url()}\r\nContent-Length: 0\r\n\r\n"
        async with canned_server(moved.encode()) as server:
            options = {"auth_username": "u", "auth_password": "secret", "user_agent": "mine"}
            await curl.fetch(server.url(), headers={"Cookie": "secret", "X": "y"}, **options)
            await curl.fetch(other.url())
    assert b"Authorization: Basic" in server.heads[0]
    assert b"uthorization" not in other.heads[0]
    assert b"Cookie" not in other.heads[0]
    for private in (b"uthorization", b"Cookie", b"mine", b"X: y"):
        assert private not in other.heads[1]


async def test_streaming_decompression_and_header_lines(canned_server, curl):
    packed = gzip.compress(b"text" * 100_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    lines, pieces = [], []

    async def take(piece):
        await asyncio.sleep(0)
        pieces.append(piece)

    async with canned_server(head + packed) as server:
        assert (await curl.fetch(server.url())).body == b"text" * 100_000
        response = await curl.fetch(
            server.url(), streaming_callback=take, header_callback=lines.append
        )
    assert response.body == b""
    assert b"".join(pieces) == b"text" * 100_000
    assert lines[0] == "HTTP/1.1 200 OK\r\n"
    assert lines[-1] == "\r\n"


@pytest.mark.spec("S245")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
)
async def test_heads_are_read_as_strictly(canned_server, curl, answer):
    async with canned_server(answer + b"<close>") as server:
        with pytest.raises(HTTPClientError) as caught:
            await curl.fetch(server.url())
    assert caught.value.code == 599


@pytest.mark.spec("S153")
async def test_a_bomb_is_stopped(canned_server, anyio_backend):
    client = CurlAsyncHTTPClient(force_instance=True, max_body_size=1_000_000)
    packed = gzip.compress(bytes(100_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    plain = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1_000_001) + b"<close>"
    for answer in (head + packed, plain):
        async with canned_server(answer) as server:
            with pytest.raises(HTTPProtocolError):
                await client.fetch(server.url())
    client.close()


@pytest.mark.spec("S247")
async def test_a_response_cut_short_is_an_error(canned_server, curl):
    async with canned_server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour<close>") as server:
        with pytest.raises(CurlError) as caught:
            await curl.fetch(server.url())
    assert caught.value.code == 599
    with pytest.raises(CurlError):
        await curl.fetch("http://127.0.0.1:1/")


@pytest.mark.spec("S132", "S131")
@pytest.mark.parametrize(
    "options", [{"headers": {"X": "a\r\nY: b"}}, {"user_agent": "a\r\nY: b"}, {"method": "A B"}]
)
async def test_line_ends_do_not_reach_libcurl(canned_server, curl, options):
    async with canned_server(OK) as server:
        with pytest.raises(ValueError, match=r"."):
            await curl.fetch(server.url(), allow_nonstandard_methods=True, **options)
    assert server.connections == 0


@pytest.mark.spec("B-HTTP-157", "S237")
@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"])
async def test_other_protocols_are_refused(canned_server, curl, url):
    with pytest.raises(ValueError, match="scheme"):
        await curl.fetch(url)
    moved = f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode()
    async with canned_server(moved) as server:
        with pytest.raises(HTTPClientError, match="refused"):
            await curl.fetch(server.url())


async def test_what_it_cannot_do_is_said(curl):
    import ssl

    async def produce(write):
        pass

    url = "http://127.0.0.1/"
    for options in (
        {"method": "POST", "body_producer": produce},
        {"method": "POST", "body": b"", "expect_100_continue": True},
        {"ssl_options": ssl.create_default_context()},
        {"proxy_host": "a", "proxy_port": 1, "proxy_ssl_options": ssl.create_default_context()},
        {"proxy": "https://127.0.0.1:1"},
    ):
        with pytest.raises(NotImplementedError):
            await curl.fetch(url, **options)
    with pytest.raises(ValueError, match="proxy_port"):
        await curl.fetch(url, proxy_host="localhost")
    for name in ("auth_mode", "proxy_auth_mode"):
        with pytest.raises(ValueError, match="auth mode 'ntlm' is neither 'basic' nor 'digest'"):
            await curl.fetch(url, **{name: "ntlm"})


def test_its_errors_are_copied_and_shown():
    copied = copy.copy(CurlError(7, "Could not connect"))
    assert (copied.code, copied.errno, copied.message) == (599, 7, "Could not connect")
    assert "Could not connect" in str(copied)


async def test_the_handle_can_be_tuned(canned_server, curl):
    import pycurl

    def tune(handle):
        handle.setopt(pycurl.REFERER, "http://a.test/")

    async with canned_server(OK) as server:
        await curl.fetch(server.url(), prepare_curl_callback=tune)
        await curl.fetch(server.url())
    assert b"Referer: http://a.test/\r\n" in server.heads[0]
    assert b"Referer" not in server.heads[1]


@pytest.mark.parametrize("callback", ["streaming_callback", "header_callback"])
async def test_a_callback_may_do_anything_to_the_client(canned_server, anyio_backend, callback):
    client = CurlAsyncHTTPClient(force_instance=True)
    fetches = []
    async with canned_server(OK) as server, asyncio.timeout(5):

        def start(_):
            fetches.append(client.fetch(server.url()))

        await client.fetch(server.url(), **{callback: start})
        assert [(await fetch).body for fetch in fetches] == [b"ok"] * len(fetches)
        assert fetches

        fetch = client.fetch(server.url(), **{callback: lambda _: fetch.cancel() and None})
        with pytest.raises(asyncio.CancelledError):
            await fetch
        assert (await client.fetch(server.url())).body == b"ok"

        with pytest.raises(HTTPStreamClosedError):
            await client.fetch(server.url(), **{callback: lambda _: client.close()})


ASK = """
import asyncio
import sys

from etesian.http_wire import CurlAsyncHTTPClient, HTTPClientError


async def ask(url, certificate):
    client = CurlAsyncHTTPClient(force_instance=True)
    try:
        await client.fetch(url, client_cert=certificate, validate_cert=False)
    except HTTPClientError as error:
        print(type(error).__name__, error.is_lasting)
    client.close()


asyncio.run(ask(*sys.argv[1:]))
"""


def test_nobody_is_asked_for_a_passphrase(authority, tmp_path):
    certificate = authority.issue_cert("client@example.org")
    key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
    locking = BestAvailableEncryption(b"secret")
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locking)
    file = tmp_path / "locked.pem"
    file.write_bytes(certificate.cert_chain_pems[0].bytes() + locked)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        # Where there is no terminal, OpenSSL asks by the standard streams.
        done = subprocess.run(
            [sys.executable, "-c", ASK, url, str(file)],
            start_new_session=True,
            input=b"",
            capture_output=True,
            check=True,
        )
    assert (done.stdout, done.stderr) == (b"CurlError True\n", b"")


@pytest.mark.spec("S242")
async def test_tls_is_verified(canned_server, curl, server_tls, ca_file):
    async with canned_server(OK, tls=server_tls("localhost")) as server:
        assert (await curl.fetch(server.url(host="localhost"), ca_certs=ca_file)).code == 200
        for host, options in (("localhost", {}), ("127.0.0.1", {"ca_certs": ca_file})):
            with pytest.raises(CurlError):
                await curl.fetch(server.url(host=host), **options)
        assert (await curl.fetch(server.url(), validate_cert=False)).code == 200


@pytest.mark.spec("S235")
async def test_digest_credentials_stay_with_their_origin(canned_server, curl):
    challenge = b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n'
    refusal = b"HTTP/1.1 401 Who\r\nContent-Length: 0\r\n" + challenge + b"\r\n"
    async with canned_server(refusal) as other:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {other.url()}\r\nContent-Length: 0\r\n\r\n"

        def respond(number, head, body):
            return moved.encode() if b"Authorization: Digest" in head else refusal

        async with canned_server(respond) as server:
            response = await curl.fetch(
                server.url(),
                auth_username="user-name",
                auth_password="p",
                auth_mode="digest",
                raise_error=False,
            )
    assert response.code == 401
    assert len(other.heads) == 1
    assert b"uthorization" not in other.heads[0]
    assert b"user-name" not in other.heads[0]


async def test_digest_credentials(canned_server, curl):
    challenge = (
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n"
        b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256\r\n\r\nwho?'
    )

    def respond(number, head, body):
        return OK if b"Authorization: Digest username=" in head and number < 3 else challenge

    async with canned_server(respond) as server:
        options = {"auth_username": "u", "auth_password": "p", "auth_mode": "digest"}
        pieces = []
        response = await curl.fetch(server.url(), streaming_callback=pieces.append, **options)
        assert response.code == 200
        assert pieces == [b"ok"]
        refused = await curl.fetch(server.url(), raise_error=False, **options)
        assert (refused.code, refused.body) == (401, b"who?")


@pytest.mark.spec("B-HTTP-158")
async def test_credentials_and_files_with_any_letters(canned_server, curl, proxy):
    challenge = b'WWW-Authenticate: Digest realm="r", nonce="n"\r\n'
    refusal = b"HTTP/1.1 401 Who\r\nContent-Length: 0\r\n" + challenge + b"\r\n"

    def respond(number, head, body):
        return OK if b"Authorization: Digest username=" in head else refusal

    async with canned_server(respond) as server:
        options = {"auth_username": "\u00e4", "auth_password": "\u20ac", "auth_mode": "digest"}
        assert (await curl.fetch(server.url(), **options)).code == 200
        options = {"proxy_username": "\u00e4", "proxy_password": "\u20ac"}
        response = await curl.fetch(server.url(), **proxy.options | options)
    assert response.body == b"ok"
    credentials = b64encode("\u00e4:\u20ac".encode())
    assert b"Proxy-Authorization: Basic " + credentials in proxy.heads[0]
    for option in ("ca_certs", "client_cert", "client_key"):
        with pytest.raises(CurlError):
            await curl.fetch("https://127.0.0.1:1/", **{option: "/\u00e4.pem"})


@pytest.mark.parametrize("limit", [0, 1e10, inf])
async def test_any_connect_timeout_is_one_of_libcurl(canned_server, curl, limit):
    handles = []

    class Handle:
        def setopt(self, option, value):
            handles.append((option, value))

    request = HTTPRequest("http://127.0.0.1/", connect_timeout=limit)
    configure(Handle(), request, parse_url(request.url))
    assert dict(handles)[pycurl.CONNECTTIMEOUT_MS] == 2**31 - 1
    async with canned_server(OK) as server:
        await curl.fetch(server.url(), connect_timeout=limit)


@pytest.mark.parametrize("kept", ["", ', nonce="n", algorithm=NEW'])
async def test_a_digest_that_cannot_be_made_is_the_response(canned_server, curl, kept):
    answer = b"HTTP/1.1 401 Who\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n"
    answer += f'WWW-Authenticate: Digest realm="r"{kept}\r\n\r\n'.encode()
    answer += b"4\r\nwho?\r\n0\r\nA: b\r\n\r\n"
    options = {"auth_username": "u", "auth_password": "p", "auth_mode": "digest"}
    received = []
    async with canned_server(answer) as server:
        response = await curl.fetch(server.url(), raise_error=False, **options)
        await curl.fetch(
            server.url(),
            raise_error=False,
            header_callback=received.append,
            streaming_callback=received.append,
            **options,
        )
    assert (response.code, response.body) == (401, b"who?")
    assert received[0] == "HTTP/1.1 401 Who\r\n"
    assert received[-2:] == ["\r\n", b"who?"]


async def test_a_stale_nonce_is_replaced_but_not_for_ever(canned_server, curl):
    def stale(number, head, body):
        nonce = b'WWW-Authenticate: Digest realm="r", nonce="%d", stale=true' % number
        return b"HTTP/1.1 401 Who\r\nContent-Length: 4\r\n" + nonce + b"\r\n\r\nwho?"

    def respond(number, head, body):
        return OK if number == 3 else stale(number, head, body)

    options = {"auth_username": "u", "auth_password": "p", "auth_mode": "digest"}
    async with canned_server(respond) as server:
        response = await curl.fetch(server.url(), **options)
        assert (response.code, response.body) == (200, b"ok")
    async with canned_server(stale) as server:
        with pytest.raises(CurlError):
            await curl.fetch(server.url(), **options)
        assert len(server.heads) == 4
