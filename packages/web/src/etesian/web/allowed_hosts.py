"""Which sites an application answers for."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["LOCAL_HOSTS", "is_allowed"]

# Stands for every address written in digits: a name that leads here is what an attacker needs
# for DNS rebinding, and an address is none.
ANY_ADDRESS: Final = "<address>"
LOCAL_HOSTS: Final = ("localhost", ".localhost", ANY_ADDRESS)


def is_allowed(host_name: str, allowed: Collection[str]) -> bool:
    """Say whether a host, without its port, is among those allowed.

    An entry is a name; ``.example.com`` stands for all names below it, ``*`` for
    every host, and ``<address>`` for every IP address.
    """
    return any(_fits(host_name.lower(), entry.lower()) for entry in allowed)


def _fits(host_name: str, entry: str) -> bool:
    if entry == "*":
        return True
    if entry == ANY_ADDRESS:
        return _is_address(host_name)
    if entry.startswith("."):
        return host_name.endswith(entry)
    return host_name == entry


def _is_address(host_name: str) -> bool:
    try:
        ip_address(host_name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
