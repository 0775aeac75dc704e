"""What may stand in the parts of a response that the application chooses.

Checked where it is set, so that the error points at the line to blame; the
connection checks again where it writes.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["has_control", "is_reason_phrase", "is_token"]

# RFC 9110, 5.6.2.
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# CTL of RFC 5234: the C0 controls and DEL. The C1 controls are latin-1 octets above 0x7F and
# harmless to a parser of octets.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
# RFC 9112, 4: HTAB, SP, VCHAR, obs-text, of which the last is left out: nobody can read it.
_REASON: Final = re.compile(r"[\t\x20-\x7e]*")


def is_token(text: str) -> bool:
    """Say whether ``text`` is a token: a method, a header's or a cookie's name."""
    return _TOKEN.fullmatch(text) is not None


def has_control(text: str) -> bool:
    """Say whether ``text`` holds a control character, CR, LF and NUL among them."""
    return _CONTROL.search(text) is not None


def is_reason_phrase(text: str) -> bool:
    """Say whether ``text`` may follow the status code."""
    return _REASON.fullmatch(text) is not None
