from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from etesian.streams import IOStream, TCPClient, bind_sockets
from etesian.streams.connecting import connect_socket, require_port


def _link_local():
    """An address of this machine, as ``socket.connect`` takes it; ``None`` without one."""
    table = Path("/proc/net/if_inet6")
    lines = table.read_text().splitlines() if table.exists() else []
    for digits, index, _, scope, *_ in map(str.split, lines):
        if scope == "20":
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)), 0, 0, int(index, 16)
    return None


@pytest.fixture
def zoned():
    """A socket that listens on a link-local address."""
    address = _link_local()
    if address is None:
        pytest.skip("this machine has no link-local address")
    with socket.socket(socket.AF_INET6) as listening:
        listening.bind(address)
        listening.listen()
        yield listening


@pytest.mark.spec("B-STR-088")
async def test_the_zone_of_a_link_local_address_is_kept(zoned):
    host, port, _, zone = zoned.getsockname()
    streams = [
        await TCPClient().connect(f"{host}%{socket.if_indextoname(zone)}", port),
        await IOStream(socket.socket(socket.AF_INET6)).connect(zoned.getsockname()),
    ]
    for stream in streams:
        assert stream.socket.getpeername() == zoned.getsockname()
        stream.close()


async def test_a_refusal_within_a_zone_is_told(zoned):
    address = zoned.getsockname()
    zoned.close()
    with socket.socket(socket.AF_INET6) as sock, pytest.raises(ConnectionRefusedError):
        sock.setblocking(False)
        await connect_socket(sock, address)


async def test_connecting_within_a_zone_can_be_cancelled(zoned):
    zoned.listen(0)
    with socket.socket(socket.AF_INET6) as first, socket.socket(socket.AF_INET6) as second:
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(zoned.getsockname())
        with socket.socket(socket.AF_INET6) as sock:
            sock.setblocking(False)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(connect_socket(sock, zoned.getsockname()), 0.02)
            # Nobody watches it any more, so it may be closed and its number used again.
            assert not asyncio.get_running_loop().remove_writer(sock)


def test_a_number_that_no_port_has_is_refused():
    for port in (0, 65535, "http", None):
        require_port(port)
    for port in (-1, 65536):
        with pytest.raises(OverflowError, match=f"0-65535, not {port}"):
            require_port(port)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_port_above_the_last_is_not_taken_for_another(host):
    with pytest.raises(OverflowError):
        await TCPClient().connect(host, 65536 + 80)
    with pytest.raises(OverflowError):
        bind_sockets(65536 + 8080, host)
