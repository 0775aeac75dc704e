"""Secrets kept out of logs and of pages for developers."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_plus

__all__ = ["MASK", "is_secret_name", "masked_uri"]

MASK: Final = "\u2022\u2022\u2022\u2022"
"""What stands in the place of a secret."""

# What the name of a secret has in it, and what it is as a whole or behind a hyphen: "code" and
# "state" of a login by somebody else are worth an account for some minutes.
_SECRET_PART: Final = re.compile(
    r"authori[sz]ation|bearer|cookie|credential|passphrase|passw|secret|session|signature|token|csrf|xsrf|assertion"
    r"|verifier|samlresponse",
    re.IGNORECASE,
)
_SECRET_NAME: Final = re.compile(
    r"(?:[^\-_]*[\-_])*?(?:apikey|auth|code|jwt|key|nonce|otp|pass|pin|pwd|sid|sig|state|ticket)",
    re.IGNORECASE,
)
# Characters of a name that are looked at.
_MAX_NAME_LENGTH: Final = 100
# Characters of a URI that are of use in a log.
_MAX_LENGTH: Final = 2000


def is_secret_name(name: str) -> bool:
    """Say whether the value of a header or argument of this name is nobody's business."""
    name = unquote_plus(name[:_MAX_NAME_LENGTH])
    return _SECRET_PART.search(name) is not None or _SECRET_NAME.fullmatch(name) is not None


def masked_uri(uri: str | None) -> str:
    """Give a URI, cut to 2000 characters, with a mask for the value of each secret argument."""
    path, mark, query = (uri or "")[:_MAX_LENGTH].partition("?")
    if not mark:
        return path
    pairs = [pair.partition("=") for pair in query.split("&")]
    masked = [
        name + equals + (MASK if value and is_secret_name(name) else value)
        for name, equals, value in pairs
    ]
    return f"{path}?{'&'.join(masked)}"
