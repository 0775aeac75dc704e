"""Whether a certificate is one of a host's: what Python's ``ssl`` had until 3.12."""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ssl_match_hostname"]


def ssl_match_hostname(cert: Mapping[str, Any] | None, hostname: str) -> None:
    """Return if ``cert``, as ``SSLSocket.getpeercert`` gives it, is one for ``hostname``.

    RFC 9525 section 6: only subject alternative names count, the common name
    does not. ``*.example.org`` stands for names with exactly one more label; an
    address needs an entry of its own.

    Raises ``ssl.SSLCertVerificationError`` when no name matches, ``ValueError``
    for an empty certificate: one that was not verified.
    """
    if not cert:
        raise ValueError("no certificate to match: was it verified?")
    names = cert.get("subjectAltName", ())
    address = _address(hostname)
    if address is not None:
        matches = any(kind == "IP Address" and _address(name) == address for kind, name in names)
    else:
        matches = any(kind == "DNS" and _covers(name, hostname) for kind, name in names)
    if not matches:
        listed = ", ".join(repr(name) for _, name in names) or "nothing"
        raise ssl.SSLCertVerificationError(f"{hostname!r} is not in the certificate: {listed}")


def _address(text: str) -> Any:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None


def _covers(pattern: str, hostname: str) -> bool:
    pattern, hostname = pattern.lower(), hostname.lower().removesuffix(".")
    if not pattern.startswith("*."):
        return pattern == hostname
    # Below a whole domain only: "*.org" would stand for strangers.
    parent = pattern[2:]
    label, _, rest = hostname.partition(".")
    return bool(label) and "." in parent and rest == parent
