"""The ``Range`` header (RFC 9110, 14): which octets, in how many parts, or none."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["ByteRange", "UnsatisfiableRangeError", "select_ranges"]

# Digits. 10**15 octets is more than any file; longer numbers are not worth converting.
_RANGE: Final = re.compile(r"[ \t]*([0-9]{0,15})-([0-9]{0,15})[ \t]*")
_UNIT: Final = "bytes="
# Characters for each range that may be asked for; one has 31 digits and signs at most.
_MAX_LENGTH_EACH: Final = 64
# Octets. Two parts with less between them are one: the head of a part costs more (RFC 9110,
# 15.3.7.2).
_MIN_GAP: Final = 80


class ByteRange(NamedTuple):
    """Octets from ``start`` up to, without, ``end``."""

    start: int
    end: int


class UnsatisfiableRangeError(Exception):
    """Every range begins where the content has ended: 416."""


def select_ranges(header: str | None, size: int, max_ranges: int = 1) -> tuple[ByteRange, ...]:
    """Give what the header asks for of a content of ``size`` octets, in its order.

    Nothing means all of it: there is no header, it is malformed, it asks for more
    than ``max_ranges`` ranges or, in sum, for everything. An end beyond the content
    is cut; ranges that overlap, or nearly touch, become one; what begins beyond the
    end is left out. Raises :class:`UnsatisfiableRangeError` where nothing remains.
    """
    if not header or len(header) > _MAX_LENGTH_EACH * max_ranges:
        return ()
    if header[: len(_UNIT)].lower() != _UNIT:
        return ()
    options = header[len(_UNIT) :].split(",")
    if len(options) > max_ranges:
        return ()
    asked = []
    for option in options:
        found = _RANGE.fullmatch(option)
        if found is None or not _is_range(found[1], found[2]):
            return ()
        asked.append(_resolved(found[1], found[2], size))
    satisfiable = [each for each in asked if each.start < min(size, each.end)]
    if not satisfiable:
        raise UnsatisfiableRangeError
    ranges = _coalesced(satisfiable)
    return () if sum(end - start for start, end in ranges) >= size else tuple(ranges)


def _is_range(first: str, last: str) -> bool:
    if not first:
        return last != ""
    return not last or int(last) >= int(first)


def _resolved(first: str, last: str, size: int) -> ByteRange:
    if not first:
        return ByteRange(max(size - int(last), 0), size)
    return ByteRange(int(first), min(int(last) + 1, size) if last else size)


def _coalesced(ranges: list[ByteRange]) -> list[ByteRange]:
    """Join what overlaps or nearly touches; each part stands where its first range did."""
    if len(ranges) == 1:
        return ranges
    merged: list[tuple[int, ByteRange]] = []
    for place, (start, end) in sorted(enumerate(ranges), key=lambda item: item[1]):
        if merged and start - merged[-1][1].end < _MIN_GAP:
            first_place, before = merged.pop()
            merged.append((min(first_place, place), ByteRange(before.start, max(before.end, end))))
        else:
            merged.append((place, ByteRange(start, end)))
    return [part for _, part in sorted(merged)]
