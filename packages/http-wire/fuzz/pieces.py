"""Cutting an input, the same way each time it is tried."""

from __future__ import annotations

import itertools
import random
import zlib

# Byte by byte is the hardest cut, and too slow for more than this.
MOST_SINGLE_BYTES = 512


def cuts(data: bytes) -> list[list[bytes]]:
    """Give ``data`` whole, at a few places that depend on nothing but it, and in single bytes."""
    places = random.Random(zlib.crc32(data)).choices(range(len(data) + 1), k=4)  # noqa: S311
    bounds = sorted({0, len(data), *places})
    ways = [[data], [data[a:b] for a, b in itertools.pairwise(bounds)]]
    if len(data) <= MOST_SINGLE_BYTES:
        ways.append([data[i : i + 1] for i in range(len(data))])
    return ways
