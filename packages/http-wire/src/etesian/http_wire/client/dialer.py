"""New connections, by the pool's key."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeVar

from etesian.http_wire.client.connection import ClientConnection
from etesian.http_wire.client.errors import HTTPStreamClosedError, SOCKSProxyError
from etesian.http_wire.client.socks import hosts_for_socks, socks_preamble
from etesian.http_wire.client.tunnel import Tunnel

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from etesian.http_wire.client.pool import PoolKey
    from etesian.http_wire.client.proxy import Proxy
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.streams.interface import TCPClient

__all__ = ["check_source", "dial"]

P = TypeVar("P", bound=asyncio.BaseProtocol)


def check_source(request: HTTPRequest) -> None:
    """Refuse a ``network_interface`` that is no address: it would be looked up as a name.

    Raises ``ValueError`` for it.
    """
    if request.network_interface is not None:
        try:
            ip_address(request.network_interface)
        except ValueError:
            shown = ascii(request.network_interface)[:60]
            raise ValueError(f"network_interface {shown} is no IP address") from None


async def dial(
    tcp_client: TCPClient,
    key: PoolKey,
    on_idle_close: Callable[[ClientConnection], None],
    *,
    tunnel: bool = False,
) -> ClientConnection:
    """Give a new connection of this key, its TLS handshake done.

    The name in the certificate must be the origin's host, whatever address was
    dialled for it. A proxy is asked for a tunnel if TLS is to be spoken through
    it, or by ``tunnel``; a SOCKS proxy always is. Cancellation closes what was
    opened, at every await.

    Raises ``OSError`` where the name has no address or none can be reached,
    ``ssl.SSLError`` where the server cannot be trusted, and for a tunnel what
    :class:`~etesian.http_wire.client.tunnel.Tunnel` fails with, or
    :class:`SOCKSProxyError`.
    """
    connection = ClientConnection(on_idle_close)
    try:
        if key.proxy is None:
            await _connect(tcp_client, key, lambda: connection, key.tls, key.origin.tls_name)
        elif key.proxy.is_socks:
            await _connect_by_socks(tcp_client, key, key.proxy, connection)
        elif key.tls is not None or tunnel:
            await _connect_through(tcp_client, key, key.proxy, connection)
        else:
            await _connect(tcp_client, key, lambda: connection, key.proxy.tls, key.proxy.host)
    except BaseException:
        # A connection that came together with a cancellation would have no owner.
        connection.close()
        raise
    return connection


async def _connect(
    tcp_client: TCPClient,
    key: PoolKey,
    factory: Callable[[], P],
    tls: ssl.SSLContext | None,
    server_hostname: str,
    *,
    preamble: Callable[[socket.socket], Awaitable[object]] | None = None,
) -> tuple[asyncio.Transport, P]:
    host, port = key.address
    return await tcp_client.connect_protocol(
        factory,
        host,
        port,
        ssl_options=tls,
        server_hostname=server_hostname,
        af=socket.AF_UNSPEC if key.allow_ipv6 else socket.AF_INET,
        source_ip=key.source,
        preamble=preamble,
    )


async def _connect_by_socks(
    tcp_client: TCPClient, key: PoolKey, proxy: Proxy, connection: ClientConnection
) -> None:
    host, port = key.origin.host, key.origin.port
    hosts = await hosts_for_socks(proxy, tcp_client, host, port, allow_ipv6=key.allow_ipv6)
    for called in hosts:
        preamble = socks_preamble(proxy, called, port)
        try:
            await _connect(
                tcp_client,
                key,
                lambda: connection,
                key.tls,
                key.origin.tls_name,
                preamble=preamble,
            )
        except SOCKSProxyError as error:
            # With a reply's number it is this address that did not do.
            if error.proxy_code is None or called == hosts[-1]:
                raise
        else:
            return


async def _connect_through(
    tcp_client: TCPClient, key: PoolKey, proxy: Proxy, connection: ClientConnection
) -> None:
    tunnel = Tunnel(proxy, key.origin)
    transport, _ = await _connect(tcp_client, key, lambda: tunnel, proxy.tls, proxy.host)
    try:
        await tunnel.opened
        if key.tls is not None:
            secured = await _secure(transport, connection, key.tls, key.origin.tls_name)
            connection.connection_made(secured)
        else:
            transport.set_protocol(connection)
            connection.connection_made(transport)
            transport.resume_reading()
    except BaseException:
        transport.abort()
        raise


async def _secure(
    transport: asyncio.Transport,
    connection: ClientConnection,
    tls: ssl.SSLContext,
    server_hostname: str,
) -> asyncio.Transport:
    # A handshake on a transport that is closed already would wait for its time-out.
    if not transport.is_closing():
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, connection, tls, server_hostname=server_hostname
            )
        except TypeError as error:
            # Up to CPython 3.11.7 and 3.12.1, asyncio stumbles while it ends a handshake that
            # failed within TLS (gh-113214); why it failed is what it stumbled over.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
        if secured is not None:
            return secured
    raise HTTPStreamClosedError("connection closed by the proxy")
