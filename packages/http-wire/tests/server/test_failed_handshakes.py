"""Peers that give up in the TLS handshake leave nothing behind."""

from __future__ import annotations

import asyncio
import socket
import ssl

import pytest
import trustme

from etesian.http_wire import HTTPServer


async def test_a_failed_handshake_is_no_connection_of_the_server():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server = HTTPServer(lambda request: None, ssl_options=context)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server.add_sockets([listening])
    port = listening.getsockname()[1]
    distrust = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("localhost", port, ssl=distrust)
    await asyncio.sleep(0.05)
    server.stop()
    async with asyncio.timeout(2):
        await server.close_all_connections()
        await server.drain(1)
