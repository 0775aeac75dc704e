"""Clients: connections to a name or an address."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, TypeVar

from etesian.streams.connecting import require_port
from etesian.streams.happy_eyeballs import connect_first
from etesian.streams.heap_reserve import keep_heap_reserve
from etesian.streams.iostream import IOStream
from etesian.streams.resolver import Resolver
from etesian.streams.ssl_iostream import SSLIOStream
from etesian.streams.tls import (
    HANDSHAKE_TIMEOUT,
    require_server_name,
    ssl_options_to_context,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from etesian.streams.resolver import Address
    from etesian.streams.tls import SSLOptions

_ProtocolT = TypeVar("_ProtocolT", bound=asyncio.BaseProtocol)


class TCPClient:
    """Connects to servers, trying IPv6 and IPv4 at nearly the same time (RFC 8305).

    ``resolver`` looks the names up; without it the client has its own and
    closes it with :meth:`close`. ``allow_address`` is asked for each address
    before it is dialled, after the name was resolved: an address it refuses is
    left out, so that a name which resolves into a private network, at once or
    only the second time, leads nowhere.
    """

    def __init__(
        self,
        resolver: Resolver | None = None,
        *,
        allow_address: Callable[[Address], bool] | None = None,
    ) -> None:
        self.resolver = resolver or Resolver()
        self._owns_resolver = resolver is None
        self._allow_address = allow_address

    def close(self) -> None:
        """Close the resolver if it is the client's own; connections go on."""
        if self._owns_resolver:
            self.resolver.close()

    async def connect(  # noqa: PLR0917 - the documented signature
        self,
        host: str,
        port: int,
        af: socket.AddressFamily = socket.AF_UNSPEC,
        ssl_options: SSLOptions = None,
        max_buffer_size: int | None = None,
        source_ip: str | None = None,
        source_port: int | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the documented signature
    ) -> IOStream:
        """Give a stream to ``host``; with ``ssl_options`` an :class:`SSLIOStream`, handshake done.

        The certificate is checked for ``host``. ``source_ip`` and
        ``source_port`` bind the local end. ``timeout``, in seconds, covers
        all: the name, the connection, the handshake.

        Raises ``TimeoutError`` when that has passed, ``ssl.SSLError`` for a
        certificate that is not good, another ``OSError`` when no address can
        be reached or the local end cannot be bound, ``OverflowError`` for a
        port above 65535.
        """
        kind = IOStream if ssl_options is None else SSLIOStream
        _, stream = await self.connect_protocol(
            lambda: kind(None, max_buffer_size=max_buffer_size),
            host,
            port,
            ssl_options=ssl_options,
            af=af,
            source_ip=source_ip,
            source_port=source_port,
            timeout=timeout,
        )
        return stream

    async def connect_protocol(
        self,
        factory: Callable[[], _ProtocolT],
        host: str,
        port: int,
        *,
        ssl_options: SSLOptions = None,
        server_hostname: str | None = None,
        af: socket.AddressFamily = socket.AF_UNSPEC,
        source_ip: str | None = None,
        source_port: int | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as that of connect
        preamble: Callable[[socket.socket], Awaitable[object]] | None = None,
    ) -> tuple[asyncio.Transport, _ProtocolT]:
        """Give a connection to ``host`` and the protocol of ``factory`` that it feeds.

        ``server_hostname`` replaces ``host`` where the certificate is checked
        and in SNI. ``preamble`` speaks on the connected, non-blocking socket
        before TLS and the protocol do; what it raises closes the socket and is
        raised here. The rest is as for :meth:`connect`.
        """
        bound = asyncio.timeout(timeout)
        try:
            async with bound:
                addresses = await self.resolve(host, port, af)
                sock = await connect_first(addresses, source_ip, source_port)
                if preamble is not None:
                    await _said(preamble, sock)
                return await _open(factory, sock, ssl_options, server_hostname or host)
        except TimeoutError as error:
            # The kernel has one too, for a peer that does not answer, and it says so itself.
            if not bound.expired():
                raise
            raise TimeoutError(f"no connection to {host!r}, port {port}, in {timeout} s") from error

    async def resolve(
        self, host: str, port: int, af: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[Address]:
        """Give the addresses of ``host`` that may be dialled, in the order to try them.

        Raises ``OSError`` when there are none, ``PermissionError`` when
        ``allow_address`` refuses all, ``OverflowError`` for a port above 65535.
        """
        require_port(port)
        return self._allowed(await self.resolver.resolve(host, port, af), host)

    def _allowed(self, addresses: list[Address], host: str) -> list[Address]:
        """Leave out what ``allow_address`` refuses."""
        if self._allow_address is None:
            return addresses
        allowed = [address for address in addresses if self._allow_address(address)]
        if not allowed:
            raise PermissionError(f"no allowed address for {host!r}")
        return allowed


async def _said(
    preamble: Callable[[socket.socket], Awaitable[object]], sock: socket.socket
) -> None:
    try:
        await preamble(sock)
    except BaseException:
        sock.close()
        raise


async def _open(
    factory: Callable[[], _ProtocolT],
    sock: socket.socket,
    ssl_options: SSLOptions,
    server_hostname: str,
) -> tuple[asyncio.Transport, _ProtocolT]:
    """Put a transport on the connected ``sock``, and TLS where asked."""
    tls: dict[str, Any] = {}
    begun = False

    def begin() -> _ProtocolT:
        nonlocal begun
        begun = True
        return factory()

    keep_heap_reserve()
    loop = asyncio.get_running_loop()
    try:
        if ssl_options is not None:
            context = ssl_options_to_context(ssl_options)
            require_server_name(context, server_hostname)
            tls = {
                "ssl": context,
                "server_hostname": server_hostname,
                "ssl_handshake_timeout": HANDSHAKE_TIMEOUT,
            }
        transport, protocol = await loop.create_connection(begin, sock=sock, **tls)
    except BaseException:
        # asyncio has the socket as soon as it has asked for the protocol, and closes it a little
        # later: closed here, its number would go to another connection while it is still watched.
        if not (begun and isinstance(loop, asyncio.BaseEventLoop)):
            with contextlib.suppress(OSError):
                sock.close()
        raise
    if transport.is_closing() and not isinstance(loop, asyncio.BaseEventLoop):
        # uvloop forgets the socket that it takes only after it has closed its number, and the
        # socket would close that again when it is collected, whoever has the number by then.
        sock.detach()
    return transport, protocol
