"""The 100 MB that a program sends: one piece of 64 KiB, over and over."""

from __future__ import annotations

from etesian.bench.transfer import PIECE, SIZE

_PIECE = bytes(PIECE)
PIECES = [*[_PIECE] * (SIZE // PIECE), _PIECE[: SIZE % PIECE]]
