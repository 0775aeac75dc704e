"""TLS on a connection that began without."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

# RFC 8446 section 5.1, ContentType.handshake: the first byte of whatever a client sends first.
HANDSHAKE_RECORD = 22


async def upgrade_to_tls(
    transport: asyncio.Transport,
    protocol: asyncio.BaseProtocol,
    context: ssl.SSLContext,
    *,
    server_side: bool,
    server_hostname: str | None,
    handshake_timeout: float,
    received: bytes = b"",
) -> asyncio.Transport:
    """Shake hands over ``transport`` and give a transport that protects what goes over it.

    ``transport`` must be paused. ``received`` are bytes of the handshake that
    were already read from it: the beginning of the peer's first message.
    ``connection_made`` of ``protocol`` is not called; all else is.

    Raises ``OSError`` (``ssl.SSLError`` is one) when the handshake fails or takes longer than
    ``handshake_timeout`` seconds; the transport is closed then, as it is when
    this is cancelled.
    """
    loop = asyncio.get_running_loop()
    upgrade = loop.create_task(
        loop.start_tls(
            transport,
            protocol,
            context,
            server_side=server_side,
            server_hostname=server_hostname,
            ssl_handshake_timeout=handshake_timeout,
        )
    )
    try:
        if received:
            # Let the loop put its TLS protocol on the transport, and plan to start that and to
            # resume reading. What is planned now comes right after, before anything is read.
            await asyncio.sleep(0)
            loop.call_soon(_feed, transport, received)
        secured = await upgrade
    except BaseException:
        upgrade.cancel()
        transport.abort()
        raise
    if secured is None:
        raise ConnectionAbortedError("the connection was closed during the handshake")
    return secured


def _feed(transport: asyncio.Transport, received: bytes) -> None:
    """Give ``received`` to the TLS protocol as if it had been read now."""
    # Both asyncio's and uvloop's have these two, though only the first says so by its type.
    protocol: asyncio.BufferedProtocol = transport.get_protocol()  # type: ignore[assignment]
    rest = memoryview(received)
    while rest:
        target = memoryview(protocol.get_buffer(len(rest)))
        size = min(len(target), len(rest))
        target[:size] = rest[:size]
        protocol.buffer_updated(size)
        rest = rest[size:]
