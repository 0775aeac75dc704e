"""Both clients through SOCKS proxies of the field."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from etesian.http_wire import HTTPRequest, connect_upgrade
from etesian.http_wire.client.errors import HTTPClientError, HTTPProxyError, SOCKSProxyError
from etesian.http_wire.client.proxy import Proxy
from etesian.http_wire.client.socks import check_socks
from etesian.streams.interface import TCPClient

pytest.importorskip("python_socks", reason="the extra socks is not installed")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MICROSOCKS = shutil.which("microsocks", path="/usr/bin:/usr/local/bin")

# It counts on a loop that is there without being made, which uvloop no longer gives.
PPROXY = """
import asyncio, sys
sys.modules["uvloop"] = None
asyncio.set_event_loop(asyncio.new_event_loop())
from pproxy.server import main
main()
"""


class Running:
    """A proxy in a process of its own."""

    def __init__(self, port, credentials):
        self.port = port
        self.credentials = credentials

    def url(self, scheme, credentials=None):
        userinfo = self.credentials if credentials is None else credentials
        return f"{scheme}://{userinfo}{'@' * bool(userinfo)}127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def start_proxy():
    """Give a function that runs one, once each: ``start_proxy("microsocks", "pu:secret")``."""
    running = {}

    def start(kind, credentials=""):
        if kind == "microsocks" and MICROSOCKS is None:
            pytest.skip("microsocks is not installed")
        if (kind, credentials) not in running:
            running[kind, credentials] = run(kind, credentials)
        return running[kind, credentials][1]

    yield start
    for process, _ in running.values():
        process.kill()
        process.wait()


def run(kind, credentials):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if kind == "microsocks":
        user, _, password = credentials.partition(":")
        words = [MICROSOCKS, "-i", "127.0.0.1", "-p", str(port)]
        words += ["-u", user, "-P", password] if user else []
    else:
        listen = f"{kind}://127.0.0.1:{port}{'#' * bool(credentials)}{credentials}"
        words = [sys.executable, "-W", "ignore", "-c", PPROXY, "-l", listen]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, stdout=quiet, stderr=quiet)
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.02)
        else:
            return process, Running(port, credentials)


@pytest.fixture(params=["microsocks", "socks5"])
def socks5(request, start_proxy):
    return start_proxy(request.param, "pu:secret")


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_plain_requests_pass_over_a_kept_connection(canned_server, either, socks5, scheme):
    async with canned_server(OK) as origin:
        for _ in range(2):
            # What libcurl looks up itself it tries the first address of only.
            url = origin.url("/x?y", host="127.0.0.1" if scheme == "socks5" else "localhost")
            assert (await either.fetch(url, proxy=socks5.url(scheme))).body == b"ok"
        assert origin.connections == 1
        assert origin.heads[0].startswith(b"GET /x?y HTTP/1.1\r\n")
        assert b"Proxy-Authorization" not in origin.heads[0]


async def test_tls_is_spoken_through_it(canned_server, either, socks5, server_tls, ca_file):
    proxy = socks5.url("socks5h")
    async with canned_server(OK, tls=server_tls("localhost")) as origin:
        url = origin.url(host="localhost")
        assert (await either.fetch(url, ca_certs=ca_file, proxy=proxy)).body == b"ok"


@pytest.mark.spec("S242")
async def test_the_server_behind_it_is_verified(either, socks5, server_tls, ca_file):
    def shake_hands():
        connected, _ = listener.accept()
        context = server_tls("other.test")
        with connected, suppress(OSError), context.wrap_socket(connected, server_side=True) as tls:
            tls.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        # In a thread, which ends when the connection has: a loop would hear of that later.
        server = asyncio.ensure_future(asyncio.to_thread(shake_hands))
        url = f"https://localhost:{listener.getsockname()[1]}/"
        with pytest.raises((HTTPClientError, OSError)):
            await either.fetch(url, ca_certs=ca_file, proxy=socks5.url("socks5h"))
        await server


async def test_the_older_protocol_is_spoken_too(canned_server, either, start_proxy):
    proxy = start_proxy("socks4")
    async with canned_server(OK) as origin:
        url = origin.url(host="localhost")
        assert (await either.fetch(url, proxy=proxy.url("socks4"))).body == b"ok"


async def test_the_older_protocol_has_names_in_its_extension(either):
    """No server at hand knows 4a: this one answers for the origin itself."""
    asked = []

    async def serve(reader, writer):
        asked.append(await reader.readexactly(8))
        asked.append(await reader.readuntil(b"\0"))
        asked.append(await reader.readuntil(b"\0"))
        writer.write(b"\0\x5a" + bytes(6))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = f"socks4a://me@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    assert (await either.fetch("http://elsewhere.test/", proxy=proxy)).body == b"ok"
    assert asked == [b"\x04\x01\x00\x50\0\0\0" + asked[0][7:], b"me\0", b"elsewhere.test\0"]
    server.close()
    either.close()
    await server.wait_closed()


async def test_separate_options_name_the_credentials(canned_server, either, socks5):
    async with canned_server(OK) as origin:
        options = {"proxy_username": "pu", "proxy_password": "secret"}
        response = await either.fetch(origin.url(), proxy=socks5.url("socks5", ""), **options)
        assert response.body == b"ok"


@pytest.mark.parametrize("credentials", ["pu:guess", ""])
async def test_wrong_credentials_open_nothing(canned_server, either, start_proxy, credentials):
    # The other proxy knows again whom it has let in once.
    proxy = start_proxy("microsocks", "pu:secret")
    async with canned_server(OK) as origin:
        with pytest.raises(HTTPClientError):
            await either.fetch(origin.url(), proxy=proxy.url("socks5", credentials))
        assert origin.connections == 0


async def test_the_reply_of_the_proxy_is_in_the_error(client, start_proxy):
    proxy = start_proxy("microsocks")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(SOCKSProxyError, match="refused") as caught:
            url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
            await client.fetch(url, proxy=proxy.url("socks5"))
    assert caught.value.proxy_code == 5
    assert isinstance(caught.value, HTTPProxyError)


async def test_who_looks_the_name_up_goes_by_the_scheme(make_client, start_proxy, canned_server):
    asked = []

    def allow(address):
        asked.append(address[1][0])
        return True

    proxy = start_proxy("microsocks")
    client = make_client(tcp_client=TCPClient(allow_address=allow))
    async with canned_server(OK) as origin:
        await client.fetch(origin.url(host="localhost"), proxy=proxy.url("socks5h"))
        assert asked == ["127.0.0.1"]
        await client.fetch(origin.url(host="localhost"), proxy=proxy.url("socks5"))
        assert len(asked) > 2  # those of localhost, and once more that of the proxy


@pytest.mark.spec("S251")
async def test_what_may_not_be_dialled_may_not_be_asked_for(make_client, start_proxy):
    proxy = start_proxy("microsocks")
    tcp_client = TCPClient(allow_address=lambda address: address[1][1] == proxy.port)
    with pytest.raises(PermissionError):
        client = make_client(tcp_client=tcp_client)
        await client.fetch("http://localhost:1/", proxy=proxy.url("socks5"))


@pytest.mark.spec("S240")
async def test_connections_are_shared_only_through_the_same_proxy(
    canned_server, client, start_proxy
):
    first = start_proxy("microsocks", "pu:secret")
    second = start_proxy("microsocks")
    async with canned_server(OK) as origin:
        for proxy in (first.url("socks5"), second.url("socks5"), None, first.url("socks5h")):
            await client.fetch(origin.url(), proxy=proxy)
        assert origin.connections == 4
        for proxy in (first.url("socks5"), second.url("socks5"), None, first.url("socks5h")):
            await client.fetch(origin.url(), proxy=proxy)
        assert origin.connections == 4


async def test_other_protocols_pass(canned_server, start_proxy):
    proxy = start_proxy("microsocks", "pu:secret")
    switched = b"HTTP/1.1 101 Go\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nhello"
    heard = asyncio.get_running_loop().create_future()

    class Hears(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            heard.set_result(data)

    async with canned_server(switched) as origin:
        headers = {"Connection": "upgrade", "Upgrade": "echo"}
        request = HTTPRequest(origin.url(), headers=headers, proxy=proxy.url("socks5"))
        protocol = await connect_upgrade(request, lambda _: Hears())
        assert await heard == b"hello"
        protocol.transport.close()
        await asyncio.sleep(0)


@pytest.mark.spec("S253")
async def test_the_environment_names_it_only_when_asked(
    canned_server, client, make_client, start_proxy, monkeypatch
):
    proxy = start_proxy("microsocks", "pu:secret")
    monkeypatch.setenv("all_proxy", proxy.url("socks5h", "pu:guess"))
    async with canned_server(OK) as origin:
        await client.fetch(origin.url())
        asking = make_client(trust_environment=True)
        with pytest.raises(SOCKSProxyError):
            await asking.fetch(origin.url())
        monkeypatch.setenv("all_proxy", proxy.url("socks5h"))
        assert (await asking.fetch(origin.url())).body == b"ok"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 What\r\n\r\n",
        b"\x05\xff",
        b"\x05\x02",
        b"\x04\x00",
        b"\x05",
        b"\x05\x00\x05\x02\x00\x01" + bytes(6),
        b"\x05\x00\x05\x00\x00\x09" + bytes(300),
        b"\x05\x00\x05\x00\x00\x03\x02\xff\xfe" + bytes(2),
        b"",
    ],
)
async def test_what_is_no_answer_is_no_connection(client, answer):
    async def serve(reader, writer):
        with suppress(OSError):
            await reader.read(1)
            writer.write(answer)
            await writer.drain()
            writer.write_eof()
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(SOCKSProxyError) as caught:
        await client.fetch("http://127.0.0.1:1/", proxy=f"socks5://127.0.0.1:{port}")
    assert caught.value.code == 599
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("end", ["cancel", "timeout"])
async def test_a_silent_proxy_is_left_behind(client, end):
    came, left = asyncio.Event(), asyncio.Event()

    async def serve(reader, writer):
        came.set()
        await reader.read()
        writer.close()
        left.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    # Long enough to reach the proxy, however busy the machine is.
    options = {"connect_timeout": 0.5} if end == "timeout" else {}
    fetch = client.fetch("http://127.0.0.1:1/", proxy=f"socks5h://127.0.0.1:{port}", **options)
    if end == "timeout":
        with pytest.raises(HTTPClientError, match="while connecting"):
            await fetch
    else:
        await came.wait()
        fetch.cancel()
    async with asyncio.timeout(5):
        await left.wait()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("proxy", "message"),
    [
        (Proxy(host="p", port=1, scheme="socks4", username="u", password="p"), "no passwords"),
        (Proxy(host="p", port=1, scheme="socks5", username="u"), "1 to 255"),
        (Proxy(host="p", port=1, scheme="socks5", username="ü", password="p"), "ASCII"),
        (Proxy(host="p", port=1, scheme="socks5", username="u", password="p" * 256), "255"),
    ],
)
def test_credentials_that_cannot_be_sent_are_refused(proxy, message):
    with pytest.raises(ValueError, match=message):
        check_socks(proxy)


@pytest.mark.parametrize("scheme", ["socks4", "socks4a"])
async def test_the_older_protocol_has_no_ipv6(client, start_proxy, scheme):
    proxy = start_proxy("socks4").url(scheme)
    with pytest.raises(ValueError, match="no IPv6 addresses"):
        await client.fetch("http://[::1]:1/", proxy=proxy)


async def test_the_missing_extra_is_named(client, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_socks", None)
    with pytest.raises(ModuleNotFoundError, match=r"etesian-http-wire\[socks\]"):
        await client.fetch("http://127.0.0.1:1/", proxy="socks5://127.0.0.1:1")
