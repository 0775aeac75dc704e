"""The Cookie header as browsers mean it."""

from __future__ import annotations

import re
from typing import Final

# A quoted cookie value escapes by a backslash and either three octal digits or the character.
_ESCAPE: Final = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))")


def parse_cookie(cookie: str) -> dict[str, str]:
    """Give the cookies of a header, the last of equal names; never raises.

    Everything between two semicolons is one cookie; without ``=`` it is the
    value of the empty name. Quoted values are unquoted.
    """
    cookies: dict[str, str] = {}
    for piece in cookie.split(";"):
        name, equals, value = piece.partition("=")
        if not equals:
            name, value = "", name
        name, value = name.strip(" \t"), value.strip(" \t")
        if name or value:
            cookies[name] = unquoted(value) if value[:1] == '"' else value
    return cookies


def unquoted(value: str) -> str:
    """Undo the quoting of a cookie value; what is not quoted is given as it is."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)) if match[1] else match[2], value[1:-1])
