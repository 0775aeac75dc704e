"""The Range header, as far as one range goes (RFC 9110, 14)."""

from __future__ import annotations

import re
from typing import Final

from etesian.http_wire.wire.grammar import decimal

# Nineteen digits, as everywhere: no file is longer.
_ONE_RANGE: Final = re.compile(r"[Bb][Yy][Tt][Ee][Ss]=([0-9]{0,19})-([0-9]{0,19})")


def parse_byte_range(value: str) -> tuple[int | None, int | None] | None:
    """Give the bounds of ``value`` as those of a Python slice.

    ``None`` where it is not exactly one valid range of bytes, which is to be
    ignored: the whole representation is the answer then.
    """
    match = _ONE_RANGE.fullmatch(value)
    if match is None:
        return None
    first, last = match.groups()
    if not first:
        # The last so many octets; none of them is no range at all.
        return (-decimal(last), None) if last and decimal(last) else None
    if not last:
        return decimal(first), None
    end = decimal(last) + 1
    return (decimal(first), end) if decimal(first) < end else None
