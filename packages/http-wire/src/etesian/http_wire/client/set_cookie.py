"""What a ``Set-Cookie`` field says, before anybody asks whether it may (RFC 6265bis, 5.6)."""

from __future__ import annotations

import re
from typing import NamedTuple

from etesian.http_wire.client.cookie_date import parse_cookie_date

__all__ = ["SetCookie", "parse_set_cookie"]

# Octets, of name and value together, and of an attribute's value (5.6).
MAX_SIZE = 4096
MAX_ATTRIBUTE_SIZE = 1024

# Seconds. No cookie lasts longer (5.5).
MAX_AGE = 400 * 24 * 60 * 60

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_DELTA = re.compile(r"-?[0-9]+", re.ASCII)


class SetCookie(NamedTuple):
    """A field as it was sent; of equal attributes the last counts."""

    name: str
    value: str
    domain: str
    """In lower case and without a leading dot; empty where none was named."""
    path: str
    """Empty where none was named that begins with a slash."""
    secure: bool
    http_only: bool
    expires: float | None
    """Seconds since the epoch, in the past to remove the cookie; ``None`` is for the session."""


def parse_set_cookie(text: str, now: float) -> SetCookie | None:
    """Give what the field says, or ``None`` where it is to be ignored.

    ``now`` is in seconds since the epoch. The characters of ``text`` stand for
    octets. Attributes that are not understood or too long are passed over.
    """
    if _CONTROL.search(text):
        return None
    pair, *attributes = text.split(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", name
    name, value = name.strip(" \t"), value.strip(" \t")
    if not (name or value) or len(name) + len(value) > MAX_SIZE:
        return None
    known = _known(attributes)
    return SetCookie(
        name,
        value,
        known.get("domain", "").removeprefix(".").lower(),
        known.get("path", ""),
        "secure" in known,
        "httponly" in known,
        _expiry(known, now),
    )


def _known(attributes: list[str]) -> dict[str, str]:
    """Give the last of each, values that mean nothing left out."""
    known: dict[str, str] = {}
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        name, value = name.strip(" \t").lower(), value.strip(" \t")
        if len(value) > MAX_ATTRIBUTE_SIZE or (name == "max-age" and not _DELTA.fullmatch(value)):
            continue
        if name == "path" and not value.startswith("/"):
            value = ""
        if name == "expires" and parse_cookie_date(value) is None:
            continue
        known[name] = value
    return known


def _expiry(known: dict[str, str], now: float) -> float | None:
    """Give the end: ``Max-Age`` goes before ``Expires``, in whatever order they stand."""
    latest = now + MAX_AGE
    delta = known.get("max-age")
    if delta is not None:
        # Nine digits are more than the limit, and a number as long as its attribute takes time.
        seconds = 0 if delta.startswith("-") else int(delta.lstrip("0")[:9] or "0")
        return min(now + seconds, latest) if seconds > 0 else 0.0
    date = parse_cookie_date(known["expires"]) if "expires" in known else None
    return None if date is None else min(date, latest)
