"""What all connections of a server share."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import TypeAlias

from etesian.http_wire.wire.policy import STRICT, WirePolicy

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """How a server treats each of its connections.

    Args:
        policy: limits and deadlines of the wire.
        no_keep_alive: close after every response.
        decompress: decode compressed request bodies.
        xheaders: believe what a proxy says about the client.
        trusted_downstream: the proxies that are skipped from the right of
            ``X-Forwarded-For``.
        trusted_peers: the peers that ``xheaders`` is about; ``None`` for all.
        protocol: ``http`` or ``https`` where the transport does not tell.
    """

    policy: WirePolicy = field(default=STRICT)
    no_keep_alive: bool = False
    decompress: bool = False
    xheaders: bool = False
    trusted_downstream: Networks = ()
    trusted_peers: Networks | None = None
    protocol: str | None = None
