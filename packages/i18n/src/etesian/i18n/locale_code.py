"""Locale codes: ``pt_BR``, however they were spelt.

A code is a language, then a script and a territory where it says so. Both
separators are understood and the case does not matter (RFC 5646, 2.1.1); what
is not of that form is no code, so that a code can safely name a file.
"""

from __future__ import annotations

import re

_CODE = re.compile(
    r"(?P<language>[a-z]{2,3})"
    r"(?:[-_](?P<script>[a-z]{4}))?"
    r"(?:[-_](?P<territory>[a-z]{2}|[0-9]{3}))?",
    re.ASCII | re.IGNORECASE,
)


def normalized_code(code: str) -> str | None:
    """Give the code as ``zh_Hant_TW``, or ``None`` for what is no code."""
    match = _CODE.fullmatch(code)
    if match is None:
        return None
    language, script, territory = match["language"], match["script"], match["territory"]
    parts = [language.lower()]
    if script:
        parts.append(script.title())
    if territory:
        parts.append(territory.upper())
    return "_".join(parts)


def with_fallbacks(code: str) -> list[str]:
    """Give a normalized code and what may stand in for it, closest first.

    ``zh_Hant_TW``, then ``zh_Hant``, then ``zh`` (RFC 4647, 3.4).
    """
    parts = code.split("_")
    return ["_".join(parts[:length]) for length in range(len(parts), 0, -1)]
