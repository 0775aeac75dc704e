"""What a reference means where a URL led to it (RFC 3986, 5.2).

``urljoin`` of the standard library means something else by some of them: it
drops empty segments and empty queries, and with the latter the difference
between ``?`` and nothing, by which a redirect would lead to where it came from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from etesian.http_wire.client.url import Target

__all__ = ["resolved"]

# RFC 3986, appendix B. Every class excludes the delimiter that follows it, so the match is linear.
_REFERENCE = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?(?P<authority>//[^/?#]*)?"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.ASCII | re.DOTALL,
)


def resolved(base: Target, reference: str) -> str:
    """Give the URL that ``reference`` is short for, its fragment included.

    It need not be one that can be fetched: whatever a scheme of its own begins
    is given as it is, unless that is followed by an authority.
    """
    # Every text matches: each part may be empty, and the last is all the rest.
    match = cast("re.Match[str]", _REFERENCE.fullmatch(reference))
    scheme, authority, path, query, fragment = match.groups(default="")
    origin = base.origin
    if scheme and not authority:
        if scheme.lower() != origin.scheme:
            return reference
        scheme = ""  # "http:a", as it was written before there was a standard, and as browsers read
    if not authority:
        authority = f"//{origin.authority}"
        base_path, mark, rest = base.path.partition("?")
        if not path:
            path, query = base_path, query or mark + rest
        elif not path.startswith("/"):
            path = base_path[: base_path.rfind("/") + 1] + path
    return f"{scheme or origin.scheme}:{authority}{_without_dots(path)}{query}{fragment}"


def _without_dots(path: str) -> str:
    """Go up where the path does (5.2.4), but not above its beginning."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[max(len(segments) - 1, 1) :]
        elif segment != ".":
            segments.append(segment)
    if path.endswith(("/.", "/..")):
        segments.append("")
    return "/".join(segments)
