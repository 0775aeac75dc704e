"""Whose word about a client is believed, where the address of the peer itself is not known."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from etesian.http_wire import HTTPServer
from etesian.http_wire.server.context import transport_context
from etesian.http_wire.server.settings import ConnectionSettings

FORGED = b"GET / HTTP/1.1\r\nHost: a\r\nX-Real-Ip: 10.1.2.3\r\n\r\n"


@pytest.mark.spec("S183")
async def test_who_has_left_before_it_was_accepted_is_no_proxy():
    addresses = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        with socket.create_connection(listening.getsockname()) as peer:
            peer.sendall(FORGED)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server = HTTPServer(
            lambda request: addresses.append(request.remote_ip),
            xheaders=True,
            trusted_peers=["192.0.2.0/24"],
        )
        server.add_socket(listening)
        await asyncio.sleep(0.05)
        server.stop()
        await server.close_all_connections()
    assert "10.1.2.3" not in addresses


@pytest.mark.spec("S183")
@pytest.mark.parametrize(
    ("peername", "believed"), [("", True), ("/a", True), (b"", True), (None, False), ((), False)]
)
def test_only_unix_sockets_are_believed_without_an_address(peername, believed):
    settings = ConnectionSettings(xheaders=True, trusted_peers=())
    assert transport_context(peername, False, settings).is_proxy is believed
