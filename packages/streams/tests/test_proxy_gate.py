from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from etesian.streams import (
    IOStream,
    SSLIOStream,
    StreamClosedError,
    TCPServer,
    bind_sockets,
)
from etesian.streams.proxy_gate import ProxyPolicy

HEADER = b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n"
BINARY = (
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"
    + socket.inet_aton("192.0.2.1")
    + socket.inet_aton("198.51.100.2")
    + b"\x30\x39\x01\xbb"
)


class _Telling(TCPServer):
    """Sends each line back, behind the address of the client."""

    def __init__(self, **options):
        super().__init__(**options)
        self.streams = []

    async def handle_stream(self, stream, address):
        self.streams.append(stream)
        line = await stream.read_until(b"\n")
        await stream.write(address[0].encode() + b" " + line)
        stream.close()


async def _connected(port):
    stream = IOStream(socket.socket())
    await stream.connect(("127.0.0.1", port))
    return stream


@pytest.mark.spec("S185")
@pytest.mark.parametrize("mode", ["require", "accept"])
@pytest.mark.parametrize("header", [HEADER, BINARY], ids=["line", "binary"])
@pytest.mark.parametrize("split", [False, True], ids=["at once", "byte by byte"])
async def test_a_trusted_proxy_tells_the_address(serving, mode, header, split):
    server = _Telling(proxy_protocol=mode, trusted_proxies=["127.0.0.0/8"])
    async with serving(server) as port:
        stream = await _connected(port)
        sent = header + b"line\n"
        for size in range(len(sent)) if split else ():
            await stream.write(sent[size : size + 1])
            await asyncio.sleep(0)
        if not split:
            await stream.write(sent)
        assert await stream.read_until_close() == b"192.0.2.1 line\n"


async def test_without_a_header_accept_goes_on_and_require_does_not(serving, caplog):
    options = {"trusted_proxies": ["127.0.0.1"]}
    async with serving(_Telling(proxy_protocol="accept", **options)) as port:
        stream = await _connected(port)
        await stream.write(b"P-line\n")
        assert await stream.read_until_close() == b"127.0.0.1 P-line\n"
    async with serving(_Telling(proxy_protocol="require", **options)) as port:
        stream = await _connected(port)
        await stream.write(b"line\n")
        assert await stream.read_until_close() == b""
    (record,) = caplog.records
    assert record.name == "etesian.general"
    caplog.clear()


@pytest.mark.spec("S185")
async def test_an_untrusted_peer_is_not_believed(serving, caplog):
    options = {"trusted_proxies": ["10.0.0.0/8", "::1"]}
    async with serving(_Telling(proxy_protocol="accept", **options)) as port:
        stream = await _connected(port)
        await stream.write(HEADER)
        assert await stream.read_until_close() == b"127.0.0.1 " + HEADER
    server = _Telling(proxy_protocol="require", **options)
    async with serving(server) as port:
        # The refusal may be faster than the client notices that it is connected.
        with pytest.raises(StreamClosedError):
            await (await _connected(port)).read_bytes(1)
        assert server.streams == []
    (record,) = caplog.records
    assert "not a trusted proxy" in record.getMessage()
    caplog.clear()


@pytest.mark.spec("S185")
@pytest.mark.parametrize("mode", ["require", "accept"])
async def test_who_has_left_before_it_was_accepted_is_not_believed(mode, caplog):
    # A reset leaves what was sent before it to be read, but nobody can tell any more who did.
    seen = []
    server = TCPServer(proxy_protocol=mode, trusted_proxies=["192.0.2.0/24"])
    server.handle_stream = lambda stream, address: (seen.append(address), stream.close())
    (listening,) = bind_sockets(0, "127.0.0.1")
    with socket.create_connection(listening.getsockname()) as peer:
        peer.sendall(HEADER + b"GET /secret\r\n")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.add_socket(listening)
    await asyncio.sleep(0.05)
    server.stop()
    assert ("192.0.2.1", 12345) not in seen
    caplog.clear()


@pytest.mark.spec("S185")
async def test_a_slow_header_is_not_waited_for(serving, caplog):
    server = _Telling(proxy_protocol="require", trusted_proxies=["127.0.0.1"])
    server._proxy = server._proxy._replace(header_timeout=0.05)
    async with serving(server) as port:
        stream = await _connected(port)
        await stream.write(HEADER[:20])
        with pytest.raises(StreamClosedError):
            await asyncio.wait_for(stream.read_bytes(1), 2)
        assert server.streams == []
    assert "in time" in caplog.text
    caplog.clear()


async def test_a_peer_that_waits_for_the_server_to_begin_has_no_header(serving):
    server = TCPServer(proxy_protocol="accept", trusted_proxies=["127.0.0.1"])
    server._proxy = server._proxy._replace(header_timeout=0.05)
    server.handle_stream = lambda stream, _: (stream.write(b"220 hello\n"), stream.close())
    async with serving(server) as port:
        stream = await _connected(port)
        assert await asyncio.wait_for(stream.read_until_close(), 2) == b"220 hello\n"


@pytest.mark.parametrize("together", [True, False])
async def test_tls_begins_behind_the_header(serving, server_context, client_context, together):
    server = _Telling(
        ssl_options=server_context, proxy_protocol="require", trusted_proxies=["127.0.0.1"]
    )
    async with serving(server) as port:
        stream = await _connected(port)
        stream.write(HEADER)
        if not together:
            await asyncio.sleep(0.02)
        secured = await stream.start_tls(False, client_context, server_hostname="localhost")
        assert isinstance(secured, SSLIOStream)
        await secured.write(b"line\n")
        assert await secured.read_until_close() == b"192.0.2.1 line\n"


async def test_a_handshake_that_fails_behind_the_header_is_quiet(serving, server_context, caplog):
    server = _Telling(
        ssl_options=server_context, proxy_protocol="require", trusted_proxies=["127.0.0.1"]
    )
    async with serving(server) as port:
        stream = await _connected(port)
        await stream.write(HEADER + b"GET / HTTP/1.1\r\n\r\n")
        # The server may tell in the language of TLS what it thinks of that.
        await stream.read_until_close()
        assert server.streams == []
    assert caplog.records == []


def test_a_policy_without_trust_is_refused():
    with pytest.raises(ValueError, match="trusted_proxies"):
        TCPServer(proxy_protocol="accept")
    with pytest.raises(ValueError, match="require"):
        TCPServer(proxy_protocol="maybe", trusted_proxies=["10.0.0.0/8"])
    with pytest.raises(TypeError, match=r"a list of networks: \['10.0.0.1'\]"):
        TCPServer(proxy_protocol="accept", trusted_proxies="10.0.0.1")


def test_an_ipv4_address_in_ipv6_is_the_same_address():
    policy = ProxyPolicy.of("accept", ["10.0.0.0/8"])
    assert policy.trusts(("::ffff:10.1.2.3", 80, 0, 0))
    assert not policy.trusts(("::ffff:11.1.2.3", 80, 0, 0))
    assert policy.trusts("")
    assert not policy.trusts(None)
