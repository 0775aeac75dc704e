"""What is an IP address."""

from __future__ import annotations

import socket


def is_valid_ip(ip: str) -> bool:
    """Tell whether ``ip`` is an IPv4 or IPv6 address in the usual notation.

    IPv4 is four decimal numbers (not the octal and short forms that some
    systems also take); IPv6 may carry a zone (``fe80::1%eth0``).
    """
    address, percent, zone = ip.partition("%")
    if percent and (not zone or ":" not in address):
        return False
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.inet_pton(family, address)
    except (OSError, ValueError):
        # ValueError: a NUL or a character outside ASCII.
        return False
    return True
