"""Brotli undone by the library of its makers (RFC 7932); needs the extra ``brotli``."""

from __future__ import annotations

import brotli  # type: ignore[import-not-found,import-untyped,unused-ignore]  # an extra

from etesian.http_wire.interface import HTTPInputError


class BrotliDecoder:
    """A ``ContentDecoder`` for ``br``."""

    __slots__ = ("_decompressor", "_input", "_output")

    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()
        self._input = b""
        self._output = b""

    @property
    def pending(self) -> bool:
        """Whether another call may give more without new input."""
        return bool(
            self._output
            or self._input
            or not (self._decompressor.is_finished() or self._decompressor.can_accept_more_data())
        )

    def decode(self, data: bytes, max_size: int) -> bytes:
        """Give at most ``max_size`` decoded octets of what was kept and ``data``."""
        self._input += data
        if not self._output:
            coded = b""
            if self._decompressor.is_finished() or self._decompressor.can_accept_more_data():
                coded, self._input = self._input, b""
            try:
                # The library may overshoot its limit by about as much again.
                self._output = self._decompressor.process(coded, output_buffer_limit=max_size)
            except brotli.error as error:
                raise HTTPInputError(f"malformed content coding: {error}") from None
        decoded, self._output = self._output[:max_size], self._output[max_size:]
        return decoded

    def end(self) -> None:
        """Raise ``HTTPInputError`` where the coded body is not whole."""
        if not self._decompressor.is_finished() or self._input:
            raise HTTPInputError("truncated content coding")
