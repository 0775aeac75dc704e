"""Single frames (RFC 6455, 5.2): the strict parser and the serialiser.

The parser keeps what it was fed until a whole frame is there, and looks at a
header once: bytes that arrive one at a time cost no more than bytes that arrive
together, and give the same frames and the same error. A frame that is too long
is refused by its header, before any of its payload is kept.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from etesian.websocket.wire.close_codes import MESSAGE_TOO_BIG, PROTOCOL_ERROR
from etesian.websocket.wire.errors import ProtocolError
from etesian.websocket.wire.masking import apply_mask

__all__ = [
    "BINARY",
    "CLOSE",
    "CONTINUATION",
    "PING",
    "PONG",
    "TEXT",
    "Frame",
    "FrameParser",
    "serialise_frame",
]

# Opcodes (5.2). Those from 8 up are control frames.
CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

_KNOWN_OPCODES: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})

# Bytes of payload in a control frame, and in any frame with the one-byte length (5.5).
_MAX_SHORT: Final = 125
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127

_FIN: Final = 0x80
_RSV1: Final = 0x40
_RSV2_RSV3: Final = 0x30
_MASK: Final = 0x80


class Frame(NamedTuple):
    """A frame as its receiver sees it, unmasked."""

    opcode: int
    payload: bytes
    fin: bool = True
    rsv1: bool = False

    @property
    def is_control(self) -> bool:
        """Say whether it is a Close, Ping or Pong."""
        return self.opcode >= CLOSE


class _Header(NamedTuple):
    opcode: int
    fin: bool
    rsv1: bool
    mask_key: bytes
    length: int


class FrameParser:
    """Gives the frames of one direction of a connection.

    ``masked`` says what the peer must do: ``True`` where it is a client (5.1).
    ``max_payload`` bounds the payload of the next data frame in bytes, and may
    be set anew after each frame. ``rsv1_allowed`` is for permessage-deflate.

    After a :class:`ProtocolError` the parser is of no more use: where a frame
    ends can no longer be known.
    """

    def __init__(self, *, masked: bool, max_payload: int, rsv1_allowed: bool = False) -> None:
        self.max_payload = max_payload
        self._masked = masked
        self._rsv1_allowed = rsv1_allowed
        self._buffer: bytes | bytearray = b""
        self._position = 0
        self._header: _Header | None = None

    def feed(self, data: bytes) -> None:
        """Take bytes of the connection, any number."""
        if self._position == len(self._buffer):
            # The usual case: nothing waits, so nothing needs to be copied.
            self._buffer = data
            self._position = 0
            return
        if isinstance(self._buffer, bytes):
            self._buffer = bytearray(memoryview(self._buffer)[self._position :])
        elif self._position:
            del self._buffer[: self._position]
        self._position = 0
        self._buffer += data

    def next_frame(self) -> Frame | None:
        """Give the next frame that is there as a whole.

        Raises :class:`ProtocolError`: 1009 for a data frame longer than
        ``max_payload``, 1002 for everything that RFC 6455 section 5 forbids of
        a frame by itself.
        """
        header = self._header or self._read_header()
        if header is None:
            return None
        end = self._position + header.length
        if end > len(self._buffer):
            self._header = header
            return None
        payload = bytes(memoryview(self._buffer)[self._position : end])
        self._position = end
        self._header = None
        if header.mask_key:
            payload = apply_mask(payload, header.mask_key)
        return Frame(header.opcode, payload, header.fin, header.rsv1)

    def _read_header(self) -> _Header | None:
        """Take a header from the buffer and check it, or ``None`` if it is not all there."""
        buffer, start = self._buffer, self._position
        available = len(buffer) - start
        if available < 2:
            return None
        first, second = buffer[start], buffer[start + 1]
        opcode = first & 0x0F
        self._check_first_bytes(first, second)
        length = second & 0x7F
        body = start + 2
        if length > _MAX_SHORT:
            width = 2 if length == _LENGTH_16 else 8
            body += width
            if available < body - start:
                return None
            length = _extended_length(bytes(buffer[body - width : body]))
        if opcode < CLOSE and length > self.max_payload:
            raise ProtocolError(
                MESSAGE_TOO_BIG,
                f"frame of {length} bytes, expected no more than {self.max_payload}",
            )
        mask_end = body + 4 if self._masked else body
        if len(buffer) < mask_end:
            return None
        self._position = mask_end
        return _Header(
            opcode,
            first >= _FIN,
            first & _RSV1 != 0,
            bytes(buffer[body:mask_end]),
            length,
        )

    def _check_first_bytes(self, first: int, second: int) -> None:
        """Refuse what no later byte can mend (5.1, 5.2, 5.5)."""
        opcode = first & 0x0F
        if opcode not in _KNOWN_OPCODES:
            raise ProtocolError(PROTOCOL_ERROR, f"opcode {opcode} is reserved")
        if first & _RSV2_RSV3:
            raise ProtocolError(PROTOCOL_ERROR, "a reserved bit is set")
        if (second >= _MASK) is not self._masked:
            raise ProtocolError(PROTOCOL_ERROR, f"frame is {'not ' if self._masked else ''}masked")
        # RFC 7692, 6: the bit stands on the first frame of a message only.
        if first & _RSV1 and (not self._rsv1_allowed or opcode not in (TEXT, BINARY)):
            raise ProtocolError(PROTOCOL_ERROR, "RSV1 is set where nothing is compressed")
        if opcode >= CLOSE and (first < _FIN or second & 0x7F > _MAX_SHORT):
            raise ProtocolError(PROTOCOL_ERROR, "control frame is fragmented or too long")


def _extended_length(field: bytes) -> int:
    """Read a length of two or eight bytes; it must be the shortest form (5.2)."""
    length = int.from_bytes(field, "big")
    if length >> 63:
        raise ProtocolError(PROTOCOL_ERROR, "frame length has its highest bit set")
    if length <= (_MAX_SHORT if len(field) == 2 else 0xFFFF):
        raise ProtocolError(PROTOCOL_ERROR, "frame length is not in its shortest form")
    return length


def serialise_frame(
    opcode: int,
    payload: bytes,
    *,
    fin: bool = True,
    rsv1: bool = False,
    mask_key: bytes | None = None,
) -> bytes:
    """Give the bytes of a frame, masked where a key of four bytes is given.

    Raises ``ValueError`` for a control frame that is fragmented or holds more
    than 125 bytes.
    """
    length = len(payload)
    if opcode >= CLOSE and (length > _MAX_SHORT or not fin):
        raise ValueError(f"control frame of {length} bytes, expected at most {_MAX_SHORT}, whole")
    first = opcode | (_FIN if fin else 0) | (_RSV1 if rsv1 else 0)
    mask_bit = 0 if mask_key is None else _MASK
    if length <= _MAX_SHORT:
        header = bytes((first, mask_bit | length))
    elif length <= 0xFFFF:
        header = bytes((first, mask_bit | _LENGTH_16)) + length.to_bytes(2, "big")
    else:
        header = bytes((first, mask_bit | _LENGTH_64)) + length.to_bytes(8, "big")
    if mask_key is None:
        return header + payload
    return header + mask_key + apply_mask(payload, mask_key)
