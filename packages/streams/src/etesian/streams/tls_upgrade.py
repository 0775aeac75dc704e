"""TLS on a connection that began without."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from etesian.streams.addressed_transport import AddressedTransport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

# RFC 8446 section 5.1, ContentType.handshake: the first byte of whatever a client sends first.
HANDSHAKE_RECORD = 22


async def upgrade_to_tls(
    transport: asyncio.Transport,
    protocol: asyncio.Protocol,
    context: ssl.SSLContext,
    *,
    server_side: bool,
    server_hostname: str | None,
    handshake_timeout: float,
    received: bytes = b"",
    addresses: Mapping[str, Any] | None = None,
) -> None:
    """Shake hands over ``transport``, then connect ``protocol`` to what protects it.

    ``transport`` must be paused. ``received`` are bytes of the handshake that
    were already read from it: the beginning of the peer's first message.
    ``addresses`` are what the new transport tells instead of those it has.

    Raises ``OSError`` (``ssl.SSLError`` is one) when the handshake fails or
    takes longer than ``handshake_timeout`` seconds; the transport is closed
    then, as it is when this is cancelled, and ``protocol`` was not called.
    """
    # The loop looks at the type: it must see its own transport.
    transport = getattr(transport, "wrapped", transport)
    loop = asyncio.get_running_loop()
    holding = _Holding()
    upgrade = loop.create_task(
        loop.start_tls(
            transport,
            holding,
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
    holding.hand_over(secured, protocol, addresses)


class _Holding(asyncio.Protocol):
    """Holds what arrives between the end of the handshake and the turn in which that is noticed."""

    def __init__(self) -> None:
        self._received = b""
        self._ended = False
        self._lost = False
        self._error: BaseException | None = None

    def data_received(self, data: bytes) -> None:
        self._received += data

    def eof_received(self) -> None:
        self._ended = True

    def connection_lost(self, exc: BaseException | None) -> None:
        self._lost, self._error = True, exc

    def hand_over(
        self,
        transport: asyncio.Transport,
        protocol: asyncio.Protocol,
        addresses: Mapping[str, Any] | None,
    ) -> None:
        """Let ``protocol`` go on, beginning with what is held."""
        transport.set_protocol(protocol)
        protocol.connection_made(
            AddressedTransport(transport, **addresses) if addresses else transport
        )
        if self._received:
            protocol.data_received(self._received)
        if self._ended:
            protocol.eof_received()
        if self._lost:
            protocol.connection_lost(cast("Exception | None", self._error))


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
