"""The XSRF token as it stands in the cookie and in forms.

Version 1 is the token in hexadecimal digits. Version 2 hides it behind a mask
that is new each time, so that a compressed page that holds both the token and
text of the attacker does not give it away by its length (BREACH)::

    2|<mask, 8 hex digits>|<masked token, hex>|<timestamp>
"""

from __future__ import annotations

import binascii
import os
import time
import uuid
from typing import NamedTuple

__all__ = ["XSRFToken", "decode_xsrf_token", "encode_xsrf_token", "new_xsrf_token"]

# Octets of the mask: enough that no two responses look alike.
_MASK_LENGTH = 4
# Characters. Ours have 57; what is much longer is not worth decoding.
_MAX_LENGTH = 512
_MAX_DIGITS = 15


class XSRFToken(NamedTuple):
    """A token without its mask; ``version`` is the form in which it came."""

    version: int
    token: bytes
    timestamp: float


def new_xsrf_token() -> XSRFToken:
    """Give a token that nobody can guess: 16 random octets."""
    return XSRFToken(2, uuid.uuid4().bytes, time.time())


def encode_xsrf_token(token: XSRFToken, version: int = 2) -> bytes:
    """Give the text of a token; in version 2 each call gives another one.

    Raises ``ValueError`` for a version other than 1 and 2.
    """
    if version == 1:
        return binascii.b2a_hex(token.token)
    if version != 2:
        raise ValueError(f"unknown version of XSRF cookies: {version}")
    mask = os.urandom(_MASK_LENGTH)
    masked = _masked(mask, token.token)
    return b"2|%s|%s|%d" % (binascii.b2a_hex(mask), binascii.b2a_hex(masked), token.timestamp)


def decode_xsrf_token(text: str) -> XSRFToken | None:
    """Give the token of a cookie or a form field, or ``None`` where it is malformed.

    A text that is neither version is taken as the token itself: a client that is no
    browser may set a cookie of its own making and repeat it in the form.
    """
    raw = text.encode("utf-8", "surrogateescape")
    if not raw or len(raw) > _MAX_LENGTH:
        return None
    if not raw.startswith(b"2|"):
        return XSRFToken(1, _unhex(raw) or raw, time.time())
    parts = raw.split(b"|")
    if len(parts) != 4:
        return None
    mask, masked, timestamp = _unhex(parts[1]), _unhex(parts[2]), parts[3]
    if mask is None or len(mask) != _MASK_LENGTH or not masked:
        return None
    if not timestamp.isdigit() or len(timestamp) > _MAX_DIGITS:
        return None
    return XSRFToken(2, _masked(mask, masked), int(timestamp))


def _masked(mask: bytes, data: bytes) -> bytes:
    """Combine ``data`` with the repeated mask; the second time undoes the first."""
    return bytes(octet ^ mask[index % _MASK_LENGTH] for index, octet in enumerate(data))


def _unhex(digits: bytes) -> bytes | None:
    try:
        return binascii.a2b_hex(digits)
    except binascii.Error:
        return None
