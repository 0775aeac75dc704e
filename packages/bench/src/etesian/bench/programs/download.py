"""The 100 MB that a program sends: one piece of 64 KiB, over and over."""

from __future__ import annotations

from typing import Final

from etesian.bench.transfer import PIECE, SIZE

# Octets. What a processor fetches at a time: a copy that starts within a line takes the kernel
# up to a sixth longer, and where an object begins is luck, other luck in each program.
_CACHE_LINE: Final = 64
# An object of bytes begins with what its type says of it, less the zero that ends its contents.
_OBJECT_HEAD: Final = bytes.__basicsize__ - 1


def _aligned_piece() -> bytes:
    """Give a piece whose contents begin on a cache line."""
    # All tries are kept until one fits, so that each begins somewhere else.
    tries = [bytes(PIECE)]
    while (id(tries[-1]) + _OBJECT_HEAD) % _CACHE_LINE:
        tries.append(bytes(PIECE))
    return tries[-1]


_PIECE = _aligned_piece()
PIECES = [*[_PIECE] * (SIZE // PIECE), _PIECE[: SIZE % PIECE]]
