"""The alphabets of HTTP/1.1 and the few readers that turn octets into numbers.

Everything that comes from a peer is judged here by the ASCII grammars of
RFC 9110 and RFC 9112, never by Python's Unicode idea of digits and spaces.
Text is latin-1 throughout: one character is one octet, so that the same tables
serve before and after decoding.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

CRLF: Final = b"\r\n"
HEAD_END: Final = b"\r\n\r\n"

# RFC 9110, 5.5: what may stand in a field value, or anywhere in a head between line ends. To
# delete these from a block with ``bytes.translate`` leaves its line ends and its offences.
FIELD_BYTES: Final = b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))

# RFC 9110, 5.6.2.
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

# RFC 9110, 5.5, plus obs-text; the twin of FIELD_BYTES for one decoded value.
_FIELD_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\U0010ffff]*")

# What FIELD_BYTES leaves over, but for whole line ends.
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n")

# Optional whitespace (RFC 9110, 5.6.3): the only octets ever trimmed.
OWS: Final = " \t"

# 10^18 octets is a million terabytes. A number of 19 digits still fits 64 signed bits, and none
# that a limit could allow is longer.
MAX_DECIMAL_DIGITS: Final = 19


def is_token(text: str) -> bool:
    """Tell whether ``text`` is a token: a method, a field name, a parameter name."""
    return _TOKEN.fullmatch(text) is not None


def is_field_value(text: str) -> bool:
    """Tell whether ``text`` holds no control character but HTAB (RFC 9110, 5.5)."""
    # What Unicode calls printable holds no control character: the common case, for a third.
    return text.isprintable() or _FIELD_VALUE.fullmatch(text) is not None


def forbidden_place(text: str) -> int:
    """Give where the first character stands that no field value may hold; the length for none."""
    return len(_FIELD_VALUE.match(text).group())  # type: ignore[union-attr]  # it matches nothing, too


def decimal(text: str) -> int:
    """Give the value of ``1*DIGIT``, leading zeros allowed.

    Raises ``ValueError`` for anything else (a sign, an underscore, a space, a
    digit of another script) and ``OverflowError`` for more than
    ``MAX_DECIMAL_DIGITS`` digits.
    """
    if not (text.isascii() and text.isdigit()):  # of ASCII, only 0 to 9 are digits to Python
        raise ValueError("not a decimal number")
    if len(text) > MAX_DECIMAL_DIGITS:
        raise OverflowError("decimal number too long")
    return int(text)


def list_members(value: str) -> list[str]:
    """Split a comma list into its trimmed members, empty ones included (RFC 9110, 5.6.1)."""
    return [member.strip(OWS) for member in value.split(",")]


def control_place(data: bytes | bytearray) -> int:
    """Give where the first control character or bare line end is; the length for none."""
    match = _CONTROL.search(data)
    return len(data) if match is None else match.start()


def escaped_around(data: bytes | bytearray, place: int) -> str:
    """Show what stands about a place of a peer's bytes, and which place that is."""
    start = max(place - 20, 0)
    return f"{escaped(bytes(data[start : place + 20]))} at octet {place}"


def escaped_list(values: Iterable[str]) -> str:
    """Show the values of a field that came several times; the first of them where many did."""
    first = list(islice(values, 5))
    shown = " and ".join([escaped(value, 30) for value in first[:4]])
    return shown if len(first) < 5 else f"{shown} and more"


def escaped(data: bytes | str, limit: int = 80) -> str:
    """Show bytes of a peer in a log line: printable ASCII only, and cut at ``limit`` octets."""
    if isinstance(data, str):
        data = data.encode("latin-1", "backslashreplace")
    shown = ascii(bytes(data[:limit]))[1:]
    return shown if len(data) <= limit else f"{shown}..."
