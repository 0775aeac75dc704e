"""Messages out of frames (RFC 6455, 5.4 and 5.6).

A message may come in fragments. Their number and the size of them together are
bounded, so that a peer that never says FIN costs a known amount. Text that is
not compressed is decoded fragment by fragment, and refused at the first byte
that cannot be UTF-8, not at the end.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from etesian.websocket.wire.close_codes import (
    INVALID_DATA,
    MESSAGE_TOO_BIG,
    POLICY_VIOLATION,
    PROTOCOL_ERROR,
)
from etesian.websocket.wire.errors import ProtocolError
from etesian.websocket.wire.frames import CONTINUATION, TEXT

if TYPE_CHECKING:
    from etesian.websocket.wire.deflate import MessageInflater
    from etesian.websocket.wire.frames import Frame

__all__ = ["DEFAULT_MAX_FRAGMENTS", "MessageAssembler"]

# Frames per message. Real peers use a handful; without a bound, a stream of frames
# without payload would keep a message open for ever at no cost to the sender.
DEFAULT_MAX_FRAGMENTS: Final = 1024

_Utf8Decoder = codecs.getincrementaldecoder("utf-8")


class MessageAssembler:
    """Joins data frames to messages: ``str`` for text, ``bytes`` for binary.

    ``max_size`` bounds a message in bytes, all fragments together, and after
    inflating where an ``inflater`` is given.
    """

    def __init__(
        self, *, max_size: int, max_fragments: int, inflater: MessageInflater | None = None
    ) -> None:
        self._max_size = max_size
        self._max_fragments = max_fragments
        self._inflater = inflater
        # A message that does not shrink grows by some bytes per block of deflate.
        # The bound on what it inflates to is exact.
        self._max_wire_size = max_size if inflater is None else max_size + (max_size >> 8) + 64
        self._reset()

    def _reset(self) -> None:
        self._is_text = False
        self._is_compressed = False
        self._fragment_count = 0
        self._size = 0
        self._parts: list[bytes] = []
        self._text_parts: list[str] = []
        self._decoder = _Utf8Decoder()

    @property
    def remaining(self) -> int:
        """Bytes of payload that the next data frame may have."""
        return self._max_wire_size - self._size

    def add(self, frame: Frame) -> str | bytes | None:
        """Take a data frame; give the message that it completes.

        Raises :class:`ProtocolError`: 1002 for a fragment out of place, 1007
        for text that is not UTF-8 or data that do not inflate, 1008 for too
        many fragments, 1009 for a message that is too large.
        """
        if frame.fin and self._fragment_count == 0 and frame.opcode != CONTINUATION:
            return self._whole(frame)
        self._check_place(frame)
        self._fragment_count += 1
        self._size += len(frame.payload)
        if self._fragment_count > self._max_fragments:
            raise ProtocolError(
                POLICY_VIOLATION, f"message of more than {self._max_fragments} fragments"
            )
        if self._size > self._max_wire_size:
            raise self._too_big()
        return self._join(frame)

    def _whole(self, frame: Frame) -> str | bytes:
        """Make a message of the only frame it has, which is the usual case."""
        payload = frame.payload
        if frame.rsv1:
            payload = self._inflate(payload)
        elif len(payload) > self._max_size:
            raise self._too_big()
        return _decode(payload) if frame.opcode == TEXT else payload

    def _check_place(self, frame: Frame) -> None:
        """See that fragments follow each other; the first one says what they are."""
        if (frame.opcode == CONTINUATION) is (self._fragment_count == 0):
            raise ProtocolError(
                PROTOCOL_ERROR,
                "new message inside a fragmented one"
                if self._fragment_count
                else "continuation of no message",
            )
        if self._fragment_count == 0:
            self._is_text = frame.opcode == TEXT
            self._is_compressed = frame.rsv1

    def _join(self, frame: Frame) -> str | bytes | None:
        if self._is_text and not self._is_compressed:
            try:
                self._text_parts.append(self._decoder.decode(frame.payload, frame.fin))
            except UnicodeDecodeError:
                raise _not_utf8() from None
            message: str | bytes = "".join(self._text_parts) if frame.fin else ""
        else:
            self._parts.append(frame.payload)
            message = b"".join(self._parts) if frame.fin else b""
        if not frame.fin:
            return None
        return self._complete(message)

    def _complete(self, message: str | bytes) -> str | bytes:
        """Inflate what needs it, check the exact size, and be ready for the next message."""
        if self._is_compressed and isinstance(message, bytes):
            message = self._inflate(message)
            if self._is_text:
                message = _decode(message)
        elif self._size > self._max_size:
            raise self._too_big()
        self._reset()
        return message

    def _inflate(self, payload: bytes) -> bytes:
        if self._inflater is None:
            raise ProtocolError(PROTOCOL_ERROR, "RSV1 is set where nothing is compressed")
        return self._inflater.inflate(payload, self._max_size)

    def _too_big(self) -> ProtocolError:
        return ProtocolError(
            MESSAGE_TOO_BIG, f"message of more than the allowed {self._max_size} bytes"
        )


def _decode(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> ProtocolError:
    return ProtocolError(INVALID_DATA, "text message is not UTF-8")
