"""Gzip data that comes in pieces."""

from __future__ import annotations

import zlib

__all__ = ["GzipDecompressor"]

# zlib's largest window, plus 16 for "with a gzip header and trailer".
GZIP_WINDOW = 16 + zlib.MAX_WBITS


class GzipDecompressor:
    """Decompresses a gzip stream piece by piece.

    Errors in the data raise `zlib.error`.
    """

    def __init__(self) -> None:
        self._decompressor = zlib.decompressobj(GZIP_WINDOW)

    def decompress(self, value: bytes, max_length: int = 0) -> bytes:
        """Return what can be decompressed with `value` added.

        At most `max_length` bytes, unless it is 0: then whatever it is, however much. Input
        that was not used for that limit is in `unconsumed_tail` and must be given to the
        next call. Always set a limit on data from outside: gzip expands a thousandfold.
        """
        return self._decompressor.decompress(value, max_length)

    @property
    def unconsumed_tail(self) -> bytes:
        """What `decompress` left because of its limit."""
        return self._decompressor.unconsumed_tail

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""
        return self._decompressor.eof

    def flush(self) -> bytes:
        """Return what is left inside; the decompressor is used up then."""
        return self._decompressor.flush()
