"""Who is at the other end, as the transport and trusted proxies tell."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from etesian.http_wire.wire.grammar import list_members

if TYPE_CHECKING:
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.server.settings import ConnectionSettings, Networks

# What a Unix socket reports, which has no address: looks like one, and is nobody's.
_NO_ADDRESS: Final = "0.0.0.0"  # noqa: S104  # shown, never bound


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The client of one request: its address and the scheme it used.

    ``is_proxy`` tells that what it says of a client behind it is believed.
    """

    remote_ip: str
    protocol: str
    is_proxy: bool = False


def transport_context(peername: object, tls: bool, settings: ConnectionSettings) -> RequestContext:
    """Give what the connection itself tells.

    ``peername`` is the transport's: a tuple that starts with the address for
    IP sockets, text for Unix sockets, ``None`` where it is not known (the peer has left).
    """
    address = str(peername[0]) if isinstance(peername, tuple) and peername else _NO_ADDRESS
    return RequestContext(
        address,
        settings.protocol or ("https" if tls else "http"),
        # Who may connect to a Unix socket is a matter of its permissions.
        is_proxy=settings.xheaders
        and (isinstance(peername, str | bytes) or _is_trusted(address, settings.trusted_peers)),
    )


def forwarded_context(
    direct: RequestContext, headers: HTTPHeaders, settings: ConnectionSettings
) -> RequestContext:
    """Give what the proxy says that ``direct`` is, as far as it is credible.

    ``X-Real-Ip`` wins over ``X-Forwarded-For``, of which the last entry counts
    that is not a trusted proxy: entries further left are the client's own
    words. What is not an address, or not ``http`` or ``https``, is ignored.
    """
    address = headers.get("X-Real-Ip") or _last_untrusted(
        headers.get("X-Forwarded-For", ""), settings.trusted_downstream
    )
    scheme = headers.get("X-Scheme") or list_members(headers.get("X-Forwarded-Proto", ""))[-1]
    return RequestContext(
        address if _is_address(address) else direct.remote_ip,
        scheme if scheme in ("http", "https") else direct.protocol,
    )


def _last_untrusted(value: str, trusted: Networks) -> str:
    """Give the rightmost entry that is not ours; the leftmost where all are."""
    entry = ""
    for entry in reversed(list_members(value)):  # the last one looked at is the answer
        if not _is_address(entry) or not any(ip_address(entry) in net for net in trusted):
            break
    return entry


def _is_trusted(address: str, trusted: Networks | None) -> bool:
    if trusted is None:
        return True
    address = address.partition("%")[0]  # a link-local one comes with its zone
    if not _is_address(address):
        return False
    peer = ip_address(address)
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped  # IPv4 on a socket of both families
    return any(peer in network for network in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text  # a zone means something only on the machine that wrote it
