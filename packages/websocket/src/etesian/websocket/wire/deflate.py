"""permessage-deflate (RFC 7692): what is agreed, and the packing itself.

By default neither side keeps its window between messages. That costs some
compression, and saves up to 300 KiB per idle connection (zlib's ``deflateInit``
notes: 256 KiB to pack, 44 KiB to unpack, with the usual settings).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from etesian.websocket.wire.close_codes import INVALID_DATA, MESSAGE_TOO_BIG
from etesian.websocket.wire.errors import HandshakeError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from etesian.websocket.wire.header_grammar import Extension

__all__ = [
    "DeflateOptions",
    "DeflateParameters",
    "MessageDeflater",
    "MessageInflater",
    "accept_offer",
    "check_acceptance",
    "offer",
]

EXTENSION_NAME: Final = "permessage-deflate"

_SERVER_FORGETS: Final = "server_no_context_takeover"
_CLIENT_FORGETS: Final = "client_no_context_takeover"
_SERVER_WINDOW: Final = "server_max_window_bits"
_CLIENT_WINDOW: Final = "client_max_window_bits"

# 7.1.2: 8 to 15, decimal, no leading zero.
_WINDOWS: Final = {str(bits): bits for bits in range(8, 16)}
_LARGEST_WINDOW: Final = 15

# zlib cannot pack raw deflate into a window of 2**8 bytes (its manual, deflateInit2).
_SMALLEST_PACKING_WINDOW: Final = 9

# 7.2.1: what a flush ends with, taken off every message.
_TAIL: Final = b"\x00\x00\xff\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeflateOptions:
    """What the application asks of the compression.

    ``compression_level`` is zlib's, 0 to 9 or -1; ``mem_level`` is zlib's, 1
    to 9. ``context_takeover`` lets both sides keep their window between
    messages, at the cost in memory that is told above.
    """

    compression_level: int = 6
    mem_level: int = 8
    context_takeover: bool = False

    def __post_init__(self) -> None:
        if self.compression_level not in range(-1, 10):
            raise ValueError(f"compression_level {self.compression_level} is not in -1..9")
        if self.mem_level not in range(1, 10):
            raise ValueError(f"mem_level {self.mem_level} is not in 1..9")

    @classmethod
    def from_mapping(cls, options: Mapping[str, object]) -> DeflateOptions:
        """Read what ``get_compression_options`` gave; an unknown name is a ``ValueError``."""
        try:
            return cls(**options)  # type: ignore[arg-type] # checked at run time just below
        except TypeError:
            known = ", ".join(cls.__dataclass_fields__)
            raise ValueError(f"compression options are {known}; got {sorted(options)}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeflateParameters:
    """What both sides agreed on. The windows are base-2 logarithms of bytes."""

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = _LARGEST_WINDOW
    client_max_window_bits: int = _LARGEST_WINDOW

    def __str__(self) -> str:
        """Give the parameters as the server's header says them."""
        parts = [EXTENSION_NAME]
        if self.server_no_context_takeover:
            parts.append(_SERVER_FORGETS)
        if self.client_no_context_takeover:
            parts.append(_CLIENT_FORGETS)
        if self.server_max_window_bits != _LARGEST_WINDOW:
            parts.append(f"{_SERVER_WINDOW}={self.server_max_window_bits}")
        if self.client_max_window_bits != _LARGEST_WINDOW:
            parts.append(f"{_CLIENT_WINDOW}={self.client_max_window_bits}")
        return "; ".join(parts)


def offer(options: DeflateOptions) -> str:
    """Give the client's header value."""
    parts = [EXTENSION_NAME]
    if not options.context_takeover:
        parts += [_SERVER_FORGETS, _CLIENT_FORGETS]
    return "; ".join([*parts, _CLIENT_WINDOW])


def accept_offer(
    offers: tuple[Extension, ...], options: DeflateOptions
) -> DeflateParameters | None:
    """Give what a server agrees to: the first offer it can keep, or ``None``.

    An offer with a parameter that is unknown, doubled, or out of its range is
    declined, as RFC 7692, 7 asks; so is a server window that zlib cannot do.
    """
    for extension in offers:
        if extension.name.lower() != EXTENSION_NAME:
            continue
        parameters = _parse(extension, is_offer=True)
        if parameters is None or parameters.server_max_window_bits < _SMALLEST_PACKING_WINDOW:
            continue
        forget = not options.context_takeover
        return DeflateParameters(
            server_no_context_takeover=forget or parameters.server_no_context_takeover,
            # 7.1.1.2: a server may ask it of any client.
            client_no_context_takeover=forget or parameters.client_no_context_takeover,
            server_max_window_bits=parameters.server_max_window_bits,
            # The client's hint frees us from a larger window; ours fits any.
        )
    return None


def check_acceptance(
    accepted: list[Extension], options: DeflateOptions | None
) -> DeflateParameters | None:
    """Give what the server chose of a client's offer, ``None`` for no compression.

    Raises :class:`HandshakeError` for anything that was not offered (RFC 6455,
    4.1), chosen twice, or impossible.
    """
    if not accepted:
        return None
    extension = accepted[0]
    if len(accepted) > 1 or options is None or extension.name.lower() != EXTENSION_NAME:
        raise HandshakeError("server chose an extension that was not offered")
    parameters = _parse(extension, is_offer=False)
    if parameters is None or parameters.client_max_window_bits < _SMALLEST_PACKING_WINDOW:
        raise HandshakeError("server chose parameters of permessage-deflate that cannot be kept")
    if not options.context_takeover and not parameters.server_no_context_takeover:
        raise HandshakeError("server keeps a context that it was asked to forget")
    return parameters


def _parse(extension: Extension, *, is_offer: bool) -> DeflateParameters | None:
    """Read the parameters of one extension; ``None`` where they break RFC 7692, 7.1."""
    given = dict(extension.parameters)
    if len(given) != len(extension.parameters):
        return None
    forgets: dict[str, bool] = {}
    windows: dict[str, int] = {}
    for name, value in given.items():
        if name in (_SERVER_FORGETS, _CLIENT_FORGETS) and value is None:
            forgets[name] = True
        elif name == _CLIENT_WINDOW and value is None and is_offer:
            pass  # 7.1.2.2: "I can keep to a smaller window, if you say so."
        elif name in (_SERVER_WINDOW, _CLIENT_WINDOW) and value in _WINDOWS:
            windows[name] = _WINDOWS[value]
        else:
            return None
    return DeflateParameters(
        server_no_context_takeover=forgets.get(_SERVER_FORGETS, False),
        client_no_context_takeover=forgets.get(_CLIENT_FORGETS, False),
        server_max_window_bits=windows.get(_SERVER_WINDOW, _LARGEST_WINDOW),
        client_max_window_bits=windows.get(_CLIENT_WINDOW, _LARGEST_WINDOW),
    )


class MessageDeflater:
    """Packs the messages of one direction, one after the other."""

    def __init__(self, *, options: DeflateOptions, window_bits: int, keep_context: bool) -> None:
        self._options = options
        self._window_bits = window_bits
        self._kept = self._new() if keep_context else None

    def _new(self) -> zlib._Compress:
        options = self._options
        return zlib.compressobj(
            options.compression_level, zlib.DEFLATED, -self._window_bits, options.mem_level
        )

    @property
    def framing(self) -> Hashable | None:
        """What a packed message depends on; ``None`` where on the messages before it."""
        return None if self._kept is not None else (self._options, self._window_bits)

    def deflate(self, payload: bytes) -> bytes:
        """Give the packed payload of a whole message (RFC 7692, 7.2.1)."""
        packer = self._kept or self._new()
        packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
        return packed.removesuffix(_TAIL)


class MessageInflater:
    """Unpacks the messages of one direction, one after the other."""

    def __init__(self, *, window_bits: int, keep_context: bool) -> None:
        self._window_bits = window_bits
        self._keep_context = keep_context
        self._kept: zlib._Decompress | None = None

    def inflate(self, payload: bytes, max_size: int) -> bytes:
        """Give the unpacked payload of a whole message (RFC 7692, 7.2.2).

        No more than ``max_size`` bytes are ever unpacked: beyond them it is a
        :class:`ProtocolError` 1009, and 1007 for data that are not deflate.
        """
        unpacker = self._kept or zlib.decompressobj(-self._window_bits)
        try:
            # One byte more than is allowed: to have it is to know that there is more.
            message = unpacker.decompress(payload + _TAIL, max_size + 1)
        except zlib.error:
            raise ProtocolError(INVALID_DATA, "message does not inflate") from None
        if len(message) > max_size:
            raise ProtocolError(
                MESSAGE_TOO_BIG, f"message inflates to more than the allowed {max_size} bytes"
            )
        # A block with the final bit ends the stream (7.2.3.4). Only the header of an empty
        # block may follow it, and nothing of the window can be kept.
        if unpacker.eof and unpacker.unused_data not in (_TAIL, b"\x00" + _TAIL):
            raise ProtocolError(INVALID_DATA, "message does not end where its data ends")
        self._kept = unpacker if self._keep_context and not unpacker.eof else None
        return message
