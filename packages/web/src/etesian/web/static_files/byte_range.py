"""The ``Range`` header (RFC 9110, 14): one range of octets, or none."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["ByteRange", "UnsatisfiableRangeError", "select_range"]

# Digits. 10**15 octets is more than any file; longer numbers are not worth converting.
_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]{0,15})-([0-9]{0,15})[ \t]*")
# Characters. A valid single range has 38 at most; a list of ranges is not served as such anyway.
_MAX_LENGTH: Final = 64


class ByteRange(NamedTuple):
    """Octets from ``start`` up to, without, ``end``."""

    start: int
    end: int


class UnsatisfiableRangeError(Exception):
    """The range begins where the content has ended: 416."""


def select_range(header: str | None, size: int) -> ByteRange | None:
    """Give what the header asks for of a content of ``size`` octets.

    ``None`` means all of it: there is no header, it is malformed, it asks for
    several ranges or for everything. An end beyond the content is cut. Raises
    :class:`UnsatisfiableRangeError` where nothing of the range exists.
    """
    if not header or len(header) > _MAX_LENGTH:
        return None
    found = _RANGE.fullmatch(header)
    if found is None or found.group(1, 2) == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise UnsatisfiableRangeError
    return None if (start, end) == (0, size) else ByteRange(start, end)
