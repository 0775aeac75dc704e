"""Where a server is to listen, as the words of the command line say it."""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass
from typing import TypeAlias

_MAX_PORT = 0xFFFF
# A system has fewer descriptors, and a number this long is still cheap to convert.
_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class TCPAddress:
    """A port of an interface; the host ``""`` is all interfaces, the port 0 a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """The path of a Unix socket."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A listening socket that the process inherits, by its number."""

    number: int

    def __str__(self) -> str:
        return f"descriptor {self.number}"


Address: TypeAlias = TCPAddress | UnixAddress | Descriptor


def address(text: str) -> Address:
    """Give what ``HOST:PORT``, ``[IPV6]:PORT``, ``:PORT``, ``unix:PATH`` or ``fd:N`` names."""
    kind, colon, rest = text.partition(":")
    if kind == "unix" and rest:
        return UnixAddress(rest)
    if kind == "fd" and colon:
        return Descriptor(descriptor(rest))
    host, colon, digits = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ArgumentTypeError(f"got {text!r}, expected brackets around an IPv6 address")
    if not colon:
        raise ArgumentTypeError(f"got {text!r}, expected HOST:PORT, unix:PATH or fd:N")
    return TCPAddress(host, port(digits))


def port(text: str) -> int:
    """Give a TCP port."""
    if (number := _number(text)) is None or number > _MAX_PORT:
        raise ArgumentTypeError(f"got {text!r}, expected a number from 0 to {_MAX_PORT}")
    return number


def descriptor(text: str) -> int:
    """Give the number of a descriptor."""
    if (number := _number(text)) is None:
        raise ArgumentTypeError(f"got {text!r}, expected the number of a descriptor")
    return number


def _number(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS:
        return int(text)
    return None
