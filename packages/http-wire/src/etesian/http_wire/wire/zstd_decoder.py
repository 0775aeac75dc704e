"""Zstandard undone by its usual binding (RFC 8878); needs the extra ``zstd``."""

from __future__ import annotations

from typing import Final

import zstandard  # type: ignore[import-not-found,unused-ignore]  # an extra

from etesian.http_wire.interface import HTTPInputError

# The binding bounds its input only. A block of 4 octets may stand for 128 KiB, so that 64 octets
# at a time give 2 MiB at the most before the size is looked at.
_STEP: Final = 64

# RFC 9659: what a sender may ask of a receiver's memory.
_MAX_WINDOW: Final = 8 * 1024 * 1024


class ZstdDecoder:
    """A ``ContentDecoder`` for ``zstd``, of one frame."""

    __slots__ = ("_decompressor", "_input", "_output")

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
        self._input = b""
        self._output = b""

    @property
    def pending(self) -> bool:
        """Whether another call may give more without new input."""
        return bool(self._output or self._input)

    def decode(self, data: bytes, max_size: int) -> bytes:
        """Give at most ``max_size`` decoded octets of what was kept and ``data``."""
        coded = memoryview(self._input + data)
        pieces = [self._output]
        size = len(self._output)
        try:
            while coded and size < max_size:
                piece = self._decompressor.decompress(coded[:_STEP])
                coded = coded[_STEP:]
                pieces.append(piece)
                size += len(piece)
        except zstandard.ZstdError as error:
            raise HTTPInputError(f"malformed content coding: {error}") from None
        self._input = bytes(coded)
        output = b"".join(pieces)
        decoded, self._output = output[:max_size], output[max_size:]
        return decoded

    def end(self) -> None:
        """Raise ``HTTPInputError`` where the coded body is not whole."""
        if not self._decompressor.eof or self._decompressor.unused_data or self._input:
            raise HTTPInputError("truncated content coding")
