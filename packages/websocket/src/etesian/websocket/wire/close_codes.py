"""Close codes, and the body of a Close frame (RFC 6455, 5.5.1 and 7.4)."""

from __future__ import annotations

from typing import Final

from etesian.websocket.wire.errors import ProtocolError

__all__ = [
    "GOING_AWAY",
    "INTERNAL_ERROR",
    "INVALID_DATA",
    "MESSAGE_TOO_BIG",
    "NORMAL",
    "POLICY_VIOLATION",
    "PROTOCOL_ERROR",
    "is_sendable",
    "parse_close",
    "serialise_close",
]

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
INVALID_DATA: Final = 1007
POLICY_VIOLATION: Final = 1008
MESSAGE_TOO_BIG: Final = 1009
INTERNAL_ERROR: Final = 1011

# 7.4.1 and the IANA registry: 1004 has no meaning, 1005, 1006 and 1015 only ever
# describe a connection to the program that used it, 1016 to 2999 are not given out.
_REGISTERED: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})

# 7.4.2: for libraries (registered on request) and for private use.
_FREE: Final = range(3000, 5000)

# Bytes: a control frame holds 125, the code takes two of them (5.5).
_MAX_REASON: Final = 123


def is_sendable(code: int) -> bool:
    """Say whether ``code`` may stand in a Close frame."""
    return code in _REGISTERED or code in _FREE


def parse_close(payload: bytes) -> tuple[int | None, str | None]:
    """Give the code and the reason of a Close frame, each ``None`` where absent.

    Raises :class:`ProtocolError`: 1002 for a body of one byte or a code that
    may not be sent, 1007 for a reason that is not UTF-8.
    """
    if not payload:
        return None, None
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not is_sendable(code):
        raise ProtocolError(PROTOCOL_ERROR, "close frame without a code that may be sent")
    try:
        return code, payload[2:].decode() or None
    except UnicodeDecodeError:
        raise ProtocolError(INVALID_DATA, "close reason is not UTF-8") from None


def serialise_close(code: int | None, reason: str | None = None) -> bytes:
    """Give the body of a Close frame; a reason without a code gets 1000.

    Raises ``ValueError`` for a code that may not be sent and for a reason of
    more than 123 bytes in UTF-8.
    """
    if code is None:
        if not reason:
            return b""
        code = NORMAL
    if not is_sendable(code):
        raise ValueError(f"close code {code} may not be sent (RFC 6455, 7.4)")
    encoded = (reason or "").encode()
    if len(encoded) > _MAX_REASON:
        raise ValueError(f"close reason has {len(encoded)} bytes, expected at most {_MAX_REASON}")
    return code.to_bytes(2, "big") + encoded
