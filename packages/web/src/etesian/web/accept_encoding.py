"""What codings a client takes (RFC 9110, 12.5.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etesian.web.vary import vary_by

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPHeaders

__all__ = ["accepts_coding", "vary_by_accept_encoding"]

# An option and its weight.
_CODING: Final = re.compile(
    r"[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*(?:;[ \t]*[qQ]=([01](?:\.[0-9]{0,3})?)[ \t]*)?"
)
# Options. Clients send five or so.
_MAX_CODINGS: Final = 32


def accepts_coding(accept_encoding: str, coding: str) -> bool:
    """Say whether the header allows a coding: named, or by ``*``, with a weight above 0.

    ``x-gzip`` is ``gzip``. What is malformed, and all after the 32nd option, is not
    there.
    """
    any_coding = False
    for option in accept_encoding.split(",", _MAX_CODINGS)[:_MAX_CODINGS]:
        found = _CODING.fullmatch(option)
        if found is None:
            continue
        name, weight = found[1].lower().removeprefix("x-"), found[2]
        allowed = weight is None or float(weight) > 0
        if name == coding:
            return allowed
        if name == "*":
            any_coding = allowed
    return any_coding


def vary_by_accept_encoding(headers: HTTPHeaders) -> None:
    """Say to caches that other clients get other octets; beside what ``Vary`` says already."""
    vary_by(headers, "Accept-Encoding")
