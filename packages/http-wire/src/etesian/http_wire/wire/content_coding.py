"""Content codings undone piece by piece, so that a bomb is met by its first pieces."""

from __future__ import annotations

import zlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.grammar import escaped, list_members

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.wire.policy import WirePolicy


class ContentDecoder(Protocol):
    """Undoes one coding of one body."""

    @property
    def pending(self) -> bool:
        """Whether another call may give more without new input."""
        ...

    def decode(self, data: bytes, max_size: int) -> bytes:
        """Give at most ``max_size`` decoded octets of what was kept and ``data``.

        The output is bounded, not the input: what was not decoded yet is kept
        for the next call. Raises ``HTTPInputError`` for what is not the coding.
        """
        ...

    def end(self) -> None:
        """Raise ``HTTPInputError`` where the coded body is not whole."""
        ...


class ZlibDecoder:
    """Undoes gzip, or deflate in its zlib wrapping (RFC 9110, 8.4.1)."""

    __slots__ = ("_bits", "_inflate", "_input")

    def __init__(self, window_bits: int) -> None:
        self._bits = window_bits
        self._inflate = zlib.decompressobj(window_bits)
        self._input = b""

    @property
    def pending(self) -> bool:
        """Whether another call may give more without new input."""
        return bool(self._input)

    def decode(self, data: bytes, max_size: int) -> bytes:
        """Give at most ``max_size`` decoded octets of what was kept and ``data``.

        Several gzip members in a row decode to their sum (RFC 1952, 2.2).
        Raises ``HTTPInputError`` for what is not the coding.
        """
        data = self._input + data
        try:
            if self._inflate.eof and data:
                self._inflate = zlib.decompressobj(self._bits)
            decoded = self._inflate.decompress(data, max_size)
        except zlib.error as error:
            raise HTTPInputError(f"malformed content coding: {error}") from None
        self._input = self._inflate.unconsumed_tail or self._inflate.unused_data
        return decoded

    def end(self) -> None:
        """Raise ``HTTPInputError`` where the coded body is not whole."""
        if not self._inflate.eof or self._input:
            raise HTTPInputError("truncated content coding")


def _gzip() -> ContentDecoder:
    return ZlibDecoder(31)  # 16 more than the largest window: a gzip header and trailer


def _deflate() -> ContentDecoder:
    return ZlibDecoder(15)


def _brotli() -> ContentDecoder:
    from etesian.http_wire.wire.brotli_decoder import BrotliDecoder  # noqa: PLC0415  # an extra

    return BrotliDecoder()


def _zstd() -> ContentDecoder:
    from etesian.http_wire.wire.zstd_decoder import ZstdDecoder  # noqa: PLC0415  # an extra

    return ZstdDecoder()


def _known_codings() -> dict[str, Callable[[], ContentDecoder]]:
    known = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate}
    if find_spec("brotli") is not None:
        known["br"] = _brotli
    if find_spec("zstandard") is not None:
        known["zstd"] = _zstd
    return known


CODINGS: Final = _known_codings()


def decoder_for(content_encoding: str, policy: WirePolicy) -> ContentDecoder | None:
    """Give a decoder for a Content-Encoding, ``None`` where the body is to be passed as it is.

    ``br`` and ``zstd`` are known where their extras are installed. Raises
    ``HTTPInputError`` (415) for more layers than the policy allows.
    """
    codings = [coding.lower() for coding in list_members(content_encoding)]
    layers = [coding for coding in codings if coding in CODINGS]
    if len(layers) > policy.max_content_codings:
        raise HTTPInputError(
            f"Content-Encoding {escaped(content_encoding)} of {len(layers)} layers, expected no "
            f"more than {policy.max_content_codings}",
            415,
        )
    if len(codings) != 1 or not layers:
        return None
    return CODINGS[layers[0]]()
