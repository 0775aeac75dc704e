"""The PROXY protocol: what a proxy in front says about the connection it relays.

The header comes before anything else on the connection. Version 1 is a line of
text, version 2 is binary; both are those of HAProxy's specification "The PROXY
protocol", 2020/03/05. No I/O happens here.
"""

from __future__ import annotations

import re
import socket
import struct
from typing import Any, NamedTuple

from etesian.streams.ip_address import is_valid_ip

# Bytes. The longest line of version 1, CRLF included: section 2.1 works it out.
MAX_LINE = 107

# Bytes. What version 2 may carry after its 16 fixed bytes. Its length field allows 65535;
# addresses need 216 at most, and no known proxy fills more than a few hundred with TLVs.
MAX_PAYLOAD = 4096

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_PREFIX = b"PROXY "
_LINE = re.compile(
    rb"PROXY (?:UNKNOWN(?: [^\r\n]*)?|"
    rb"(TCP4|TCP6) ([0-9A-Fa-f:.]{2,39}) ([0-9A-Fa-f:.]{2,39}) ([0-9]{1,5}) ([0-9]{1,5}))\r\n"
)

# Section 2.2, low nibble of the 13th byte.
_LOCAL, _PROXY = 0, 1

# High nibble of the 14th byte, the address family: the family here, the bytes of one address.
_FAMILIES = {1: (socket.AF_INET, 4), 2: (socket.AF_INET6, 16)}
_UNIX = 3
_UNIX_ADDRESSES = 216

_TLV_CRC32C = 0x03


class ProxyProtocolError(ValueError):
    """The header is not one of the PROXY protocol, or says something impossible."""


class ProxyHeader(NamedTuple):
    """What the header said.

    ``source`` and ``destination`` are addresses as sockets give them, of four
    parts for IPv6, and ``None`` where the proxy does not know or speaks for
    itself (a health check).
    ``tlvs`` are the extra fields of version 2, in order. ``size`` is how many
    bytes the header took.
    """

    source: tuple[Any, ...] | None
    destination: tuple[Any, ...] | None
    tlvs: tuple[tuple[int, bytes], ...]
    size: int


def may_begin(data: bytes) -> bool:
    """Tell whether ``data`` is, or may become, the beginning of a header."""
    return _PREFIX.startswith(data[:6]) or _SIGNATURE.startswith(data[:12])


def parse_header(data: bytes) -> ProxyHeader | None:
    """Give the header at the beginning of ``data``, or ``None`` when more bytes are needed.

    Raises :class:`ProxyProtocolError` as soon as the bytes cannot become one.
    """
    if _SIGNATURE.startswith(data[:12]):
        return _parse_binary(data)
    if _PREFIX.startswith(data[:6]):
        return _parse_line(data)
    raise ProxyProtocolError("the connection does not begin with a PROXY header")


def _parse_line(data: bytes) -> ProxyHeader | None:
    end = data.find(b"\n", 0, MAX_LINE)
    if end < 0:
        if len(data) >= MAX_LINE:
            raise ProxyProtocolError(f"the PROXY line is longer than {MAX_LINE} bytes")
        return None
    match = _LINE.fullmatch(data, 0, end + 1)
    if match is None:
        raise ProxyProtocolError("the PROXY line is malformed")
    kind, *fields = match.groups()
    if kind is None:
        return ProxyHeader(None, None, (), end + 1)
    source, destination, source_port, destination_port = (field.decode() for field in fields)
    return ProxyHeader(
        _text_address(kind, source, source_port),
        _text_address(kind, destination, destination_port),
        (),
        end + 1,
    )


def _text_address(kind: bytes, host: str, port: str) -> tuple[Any, ...]:
    if not is_valid_ip(host) or (":" in host) != (kind == b"TCP6"):
        raise ProxyProtocolError("an address of the PROXY line is not one of its family")
    number = int(port)
    if number > 65535 or (port[0] == "0" and port != "0"):
        raise ProxyProtocolError("a port of the PROXY line is out of range")
    return _as_sockets_give_it(host, number)


def _as_sockets_give_it(host: str, port: int) -> tuple[Any, ...]:
    return (host, port, 0, 0) if ":" in host else (host, port)


def _parse_binary(data: bytes) -> ProxyHeader | None:
    if len(data) < 16:
        return None
    version_command, family, length = struct.unpack_from("!BBH", data, 12)
    version, command = divmod(version_command, 16)
    if version != 2 or command not in (_LOCAL, _PROXY):
        raise ProxyProtocolError("the version or command of the PROXY header is unknown")
    if length > MAX_PAYLOAD:
        raise ProxyProtocolError(f"the PROXY header announces {length} bytes, limit {MAX_PAYLOAD}")
    size = 16 + length
    if len(data) < size:
        return None
    if command == _LOCAL:
        # Section 2.2: the receiver discards what comes with it, the family included.
        return ProxyHeader(None, None, (), size)
    payload = data[16:size]
    source, destination, used = _binary_addresses(family, payload)
    return ProxyHeader(source, destination, _tlvs(payload[used:], data[:size]), size)


def _binary_addresses(
    family_transport: int, payload: bytes
) -> tuple[tuple[Any, ...] | None, tuple[Any, ...] | None, int]:
    """Give both addresses and how many bytes they took."""
    family, transport = divmod(family_transport, 16)
    if family > _UNIX or transport > 2:
        raise ProxyProtocolError("the family or transport of the PROXY header is unknown")
    if family == 0:
        # Section 2.2: the receiver ignores what such a header carries.
        return None, None, len(payload)
    used = _UNIX_ADDRESSES if family == _UNIX else 2 * _FAMILIES[family][1] + 4
    if len(payload) < used:
        raise ProxyProtocolError("the PROXY header is too short for its addresses")
    if family == _UNIX:
        # Paths on another machine: of no use as an address here.
        return None, None, used
    kind, width = _FAMILIES[family]
    source_port, destination_port = struct.unpack_from("!HH", payload, 2 * width)
    source = socket.inet_ntop(kind, payload[:width])
    destination = socket.inet_ntop(kind, payload[width : 2 * width])
    return (
        _as_sockets_give_it(source, source_port),
        _as_sockets_give_it(destination, destination_port),
        used,
    )


def _tlvs(fields: bytes, header: bytes) -> tuple[tuple[int, bytes], ...]:
    """Take the extra fields apart; ``header`` is what a checksum among them covers."""
    found: list[tuple[int, bytes]] = []
    at = 0
    begin = len(header) - len(fields)
    while at < len(fields):
        if at + 3 > len(fields):
            raise ProxyProtocolError("a TLV of the PROXY header is cut off")
        kind, length = struct.unpack_from("!BH", fields, at)
        value = fields[at + 3 : at + 3 + length]
        if len(value) < length:
            raise ProxyProtocolError("a TLV of the PROXY header is longer than the header")
        if kind == _TLV_CRC32C:
            _check_sum(header, begin + at + 3, value)
        found.append((kind, value))
        at += 3 + length
    return tuple(found)


def _check_sum(header: bytes, at: int, value: bytes) -> None:
    """Refuse a header whose checksum is wrong (section 2.2.3: computed with itself as zeros)."""
    blanked = header[:at] + bytes(len(value)) + header[at + len(value) :]
    if len(value) != 4 or struct.unpack("!I", value)[0] != _crc32c(blanked):
        raise ProxyProtocolError("the checksum of the PROXY header is wrong")


def _crc32c(data: bytes) -> int:
    """Give the CRC-32C (Castagnoli, RFC 9260 appendix A) of ``data``, which is short."""
    checksum = 0xFFFFFFFF
    for byte in data:
        checksum ^= byte
        for _ in range(8):
            checksum = (checksum >> 1) ^ (0x82F63B78 if checksum & 1 else 0)
    return checksum ^ 0xFFFFFFFF
