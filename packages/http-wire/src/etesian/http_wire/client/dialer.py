"""New connections, by the pool's key."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from etesian.http_wire.client.connection import ClientConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.client.pool import PoolKey
    from etesian.streams.interface import TCPClient

__all__ = ["dial"]


async def dial(
    tcp_client: TCPClient, key: PoolKey, on_idle_close: Callable[[ClientConnection], None]
) -> ClientConnection:
    """Give a new connection of this key, its TLS handshake done.

    The name in the certificate must be the origin's host, whatever address was
    dialled for it. Cancellation closes what was opened, at every await.

    Raises ``OSError`` where the name has no address or none can be reached,
    ``ssl.SSLError`` where the server cannot be trusted.
    """
    connection = ClientConnection(on_idle_close)
    host, port = key.address
    try:
        await tcp_client.connect_protocol(
            lambda: connection,
            host,
            port,
            ssl_options=key.tls,
            server_hostname=key.origin.host,
            af=socket.AF_UNSPEC if key.allow_ipv6 else socket.AF_INET,
            source_ip=key.source,
        )
    except BaseException:
        # A connection that came together with a cancellation would have no owner.
        connection.close()
        raise
    return connection
