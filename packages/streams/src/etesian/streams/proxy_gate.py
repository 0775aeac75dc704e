"""Reads the PROXY header of a connection, then gives the connection to its protocol."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from etesian.streams.addressed_transport import AddressedTransport
from etesian.streams.close_callback import run_logged
from etesian.streams.proxy_protocol import (
    ProxyHeader,
    ProxyProtocolError,
    may_begin,
    parse_header,
)
from etesian.streams.tls_upgrade import upgrade_to_tls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

_log = logging.getLogger("etesian.general")

# Seconds. A proxy sends its header with the first packet; whoever takes longer is none.
HEADER_TIMEOUT = 5.0

Mode: TypeAlias = Literal["require", "accept"]


class ProxyPolicy(NamedTuple):
    """From whom headers are believed, and whether there must be one.

    ``require`` closes connections without a header, and those of peers that
    are not trusted. ``accept`` takes a header where a trusted peer begins with
    one; what other peers send is never taken for a header. A trusted peer that
    sends nothing for ``header_timeout`` seconds has none: it may wait for the
    server to speak first.
    """

    mode: Mode
    trusted: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    header_timeout: float = HEADER_TIMEOUT

    @classmethod
    def of(cls, mode: Mode, trusted: Iterable[str]) -> ProxyPolicy:
        """Make a policy that trusts networks (``10.0.0.0/8``) and addresses.

        Raises ``ValueError`` for another mode, for what is not a network, and
        for none: a header from anybody would let anybody choose its address.
        Raises ``TypeError`` for one text, which is not a list of them.
        """
        if isinstance(trusted, str):
            raise TypeError(f"trusted_proxies is a list of networks: [{trusted!r}]")
        networks = tuple(ipaddress.ip_network(network) for network in trusted)
        if mode not in {"require", "accept"}:
            raise ValueError(f"proxy_protocol is 'require' or 'accept', not {mode!r}")
        if not networks:
            raise ValueError("proxy_protocol needs trusted_proxies")
        return cls(mode, networks)

    def trusts(self, peer: Any) -> bool:
        """Tell whether ``peer``, a socket's address, may say who it speaks for.

        A Unix socket's peer may: the mode of the socket says who that can be.
        ``None`` may not: who it was is not known any more.
        """
        if peer is None:
            return False
        if not isinstance(peer, tuple):
            return True
        address = ipaddress.ip_address(peer[0].partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.trusted)


class ProxyGate(asyncio.Protocol):
    """The protocol of a connection until its header is read.

    Then ``factory`` makes the protocol that goes on, with TLS first if there
    is a ``context``; its transport tells the addresses of the header.
    """

    def __init__(
        self,
        factory: Callable[[], asyncio.BaseProtocol],
        policy: ProxyPolicy,
        context: ssl.SSLContext | None,
        handshake_timeout: float,
    ) -> None:
        self._factory = factory
        self._policy = policy
        self._context = context
        self._handshake_timeout = handshake_timeout
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the header, if this peer may send one (asyncio.Protocol)."""
        self._transport = cast("asyncio.Transport", transport)
        if self._policy.trusts(transport.get_extra_info("peername")):
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._policy.header_timeout, self._give_up)
        elif self._policy.mode == "require":
            self._refuse("the peer is not a trusted proxy")
        else:
            self._go_on(None)

    def data_received(self, data: bytes) -> None:
        """Look for the end of the header (asyncio.Protocol)."""
        self._received += data
        try:
            if self._policy.mode == "accept" and not may_begin(self._received):
                self._go_on(None)
                return
            header = parse_header(self._received)
        except ProxyProtocolError as error:
            self._refuse(str(error))
            return
        if header is not None:
            self._received = self._received[header.size :]
            self._go_on(header)

    def connection_lost(self, exc: BaseException | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Stop waiting (asyncio.Protocol)."""
        self._transport = None
        self._stop_waiting()

    def _give_up(self) -> None:
        if self._policy.mode == "accept" and not self._received:
            self._go_on(None)
        else:
            self._refuse("no PROXY header in time")

    def _refuse(self, reason: str) -> None:
        transport = self._transport
        if transport is not None:
            _log.warning("%s: %s", transport.get_extra_info("peername"), reason)
            transport.abort()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _go_on(self, header: ProxyHeader | None) -> None:
        """Leave the connection to what ``factory`` makes."""
        self._stop_waiting()
        transport = self._transport
        if transport is None:
            return
        transport.pause_reading()
        protocol = cast("asyncio.Protocol", self._factory())
        if self._context is not None:
            run_logged(self._secure(transport, protocol, self._context, header), "TLS handshake")
            return
        transport.set_protocol(protocol)
        addresses = _addresses(header)
        protocol.connection_made(
            AddressedTransport(transport, **addresses) if addresses else transport
        )
        if self._received:
            protocol.data_received(self._received)
        transport.resume_reading()

    async def _secure(
        self,
        transport: asyncio.Transport,
        protocol: asyncio.Protocol,
        context: ssl.SSLContext,
        header: ProxyHeader | None,
    ) -> None:
        # A handshake that fails is the client's affair, as it is without a proxy.
        with contextlib.suppress(OSError):
            await upgrade_to_tls(
                transport,
                protocol,
                context,
                server_side=True,
                server_hostname=None,
                handshake_timeout=self._handshake_timeout,
                received=self._received,
                addresses=_addresses(header),
            )


def _addresses(header: ProxyHeader | None) -> dict[str, Any]:
    """Give what the transport is to tell, nothing where the proxy speaks for itself."""
    if header is None or header.source is None:
        return {}
    return {"peername": header.source, "sockname": header.destination}
