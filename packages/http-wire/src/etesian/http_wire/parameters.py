"""Header values of the form ``value; name=token; name="quoted"``, in linear time."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from etesian.http_wire.wire.grammar import OWS

# One parameter at a time. A backslash escapes only a quote and itself, since old browsers send
# file names like "C:\file" with theirs unescaped. The possessive *+ gives nothing back: an open
# quote is found out once, in linear time.
_PARAMETER: Final = re.compile(
    r';[ \t]*([^=; \t]*)[ \t]*(?:=[ \t]*(?:"((?:[^"\\]|\\["\\]|\\)*+)"[ \t]*|([^;]*)))?'
)
_ESCAPE: Final = re.compile(r'\\(["\\])')

# More would be no header that any program writes.
_MAX_PARAMETERS: Final = 32


def parse_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Give the value before the first semicolon, and the parameters after it.

    Names are in lower case and the first of equal names counts. An extended
    parameter (``filename*=UTF-8''...``, RFC 8187) is decoded, and given under
    its plain name where the plain one is absent. What cannot be read is left
    out: a header never raises.
    """
    main, semicolon, _ = value.partition(";")
    position = len(main)
    found: dict[str, str] = {}
    extended: dict[str, str] = {}
    while semicolon and position < len(value) and len(found) + len(extended) < _MAX_PARAMETERS:
        match = _PARAMETER.match(value, position)
        if match is None:
            break
        position = match.end()
        name = match[1].lower()
        text = _ESCAPE.sub(r"\1", match[2]) if match[2] is not None else (match[3] or "").strip(OWS)
        if len(name) > 1 and name.endswith("*"):
            extended.setdefault(name[:-1], text)
        elif name:
            found.setdefault(name, text)
    for name, text in extended.items():
        decoded = _extended_value(text)
        if decoded is not None:
            found.setdefault(name, decoded)
    return main.strip(OWS), found


def _extended_value(text: str) -> str | None:
    """Decode ``charset'language'percent-encoded`` of the two charsets there are (RFC 8187)."""
    charset, _, rest = text.partition("'")
    _, quote, encoded = rest.partition("'")
    if not quote or charset.lower() not in ("utf-8", "iso-8859-1"):
        return None
    try:
        return unquote_to_bytes(encoded).decode(charset)
    except UnicodeDecodeError:
        return None
