"""The ``Set-Cookie`` header (RFC 6265, 4.1), each part checked before it is written."""

from __future__ import annotations

import http.cookies
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from etesian.web.http_date import format_http_date
from etesian.web.output_grammar import has_control, is_token

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CookieExpiry", "format_set_cookie"]

CookieExpiry = float | datetime | tuple[int, ...] | time.struct_time

_FLAGS: Final = frozenset({"secure", "httponly", "partitioned"})
_NAMES: Final = {
    "comment": "Comment",
    "domain": "Domain",
    "expires": "Expires",
    "httponly": "HttpOnly",
    "max-age": "Max-Age",
    "partitioned": "Partitioned",
    "path": "Path",
    "samesite": "SameSite",
    "secure": "Secure",
    "version": "Version",
}
# Beyond ASCII an attribute has no meaning that all browsers agree on.
_UNSAFE_IN_ATTRIBUTE: Final = re.compile(r"[^\x20-\x7e]|;")


def format_set_cookie(
    name: str,
    value: str | bytes,
    *,
    domain: str | None = None,
    expires: CookieExpiry | None = None,
    path: str | None = "/",
    expires_days: float | None = None,
    attributes: Mapping[str, object] | None = None,
) -> str:
    """Give the value of a ``Set-Cookie`` header.

    ``value`` may be any text without control characters; what a cookie cannot
    hold is quoted, and ``get_cookie`` undoes that. ``expires_days`` counts from
    now and is ignored beside ``expires``. In ``attributes`` an underscore stands
    for a hyphen and case is ignored; ``None`` and ``False`` leave one out.

    Raises ``ValueError`` for a name that is no token, for a control character
    anywhere, for ``;`` in an attribute and for an attribute that does not exist.
    """
    text = value.decode() if isinstance(value, bytes) else value
    if not is_token(name) or has_control(text):
        raise ValueError(f"invalid cookie {name[:80]!r}: {text[:80]!r}")
    if expires is None and expires_days is not None:
        expires = datetime.now(UTC) + timedelta(days=expires_days)
    fields: dict[str, object] = {
        "domain": domain or None,
        "expires": None if expires is None else format_http_date(expires),
        "path": path or None,
    }
    for key, given in (attributes or {}).items():
        fields[_attribute_name(key)] = given
    parts = [f"{name}={_coded(text)}"]
    parts += [part for key, given in fields.items() if (part := _attribute(key, given))]
    return "; ".join(parts)


def _attribute_name(key: str) -> str:
    name = key.lower().replace("_", "-")
    if name not in _NAMES:
        raise ValueError(f"no such attribute of a cookie: {key[:80]!r}")
    return name


def _attribute(name: str, given: object) -> str | None:
    """Give one attribute as it is written; ``None`` where it is to be left out."""
    if given is None or given is False:
        return None
    if name in _FLAGS:
        return _NAMES[name] if given else None
    text = str(given)
    if _UNSAFE_IN_ATTRIBUTE.search(text):
        raise ValueError(f"invalid {name} of a cookie: {text[:80]!r}")
    return f"{_NAMES[name]}={text}"


def _coded(text: str) -> str:
    """Give the value in quotes, with an octal escape for each octet that a cookie cannot hold."""
    return http.cookies.SimpleCookie().value_encode(text.encode().decode("latin-1"))[1]
