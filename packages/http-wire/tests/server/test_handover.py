"""What a server still knows of the transports that it gave away."""

from __future__ import annotations

import asyncio

from etesian.http_wire.server.handover import HandedOver


async def test_transports_that_have_closed_are_not_kept(anyio_backend):
    handed_over = HandedOver()
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    open_ones = []
    for number in range(200):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        handed_over.add(writer.transport)
        if number % 20:
            writer.close()
            await writer.wait_closed()
        else:
            open_ones.append(writer)
    assert len(handed_over) <= 64 + len(open_ones)
    handed_over.abort()
    assert all(writer.transport.is_closing() for writer in open_ones)
    assert not len(handed_over)
    server.close()
    await server.wait_closed()
