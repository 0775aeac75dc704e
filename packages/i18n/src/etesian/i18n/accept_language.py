"""The ``Accept-Language`` header of a request (RFC 9110, 12.5.4)."""

from __future__ import annotations

import re

# Browsers send a handful. What comes after the thirty-second does not decide anything, and a
# header of ten thousand languages must not cost more than one of ten.
MAX_LANGUAGES = 32

# RFC 9110, 12.4.2: at most three digits, and nothing above 1.
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?", re.ASCII)
_OWS = " \t"


def parse_accept_language(header: str) -> list[str]:
    """Give the languages that ``header`` asks for, the dearest first.

    Languages of the same quality keep their order. Those refused by ``q=0``
    and the wildcard are left out; a malformed quality counts as the lowest.
    Only the first 32 languages are looked at. Nothing raises.
    """
    ranked = [_ranked(entry) for entry in header.split(",", MAX_LANGUAGES)[:MAX_LANGUAGES]]
    wanted = [entry for entry in ranked if entry is not None]
    wanted.sort(key=lambda entry: -entry[0])
    return [language for _, language in wanted]


def _ranked(entry: str) -> tuple[float, str] | None:
    """Give the quality and the language of an entry, ``None`` if it asks for nothing."""
    language, _, parameter = entry.partition(";")
    language = language.strip(_OWS)
    if not language or language == "*":
        return None
    quality = _quality(parameter)
    return None if quality == 0 else (quality or 0.0, language)


def _quality(parameter: str) -> float | None:
    """Give the value of ``q=…``, 1 where it is absent, ``None`` where it is malformed."""
    parameter = parameter.strip(_OWS)
    if not parameter:
        return 1.0
    name, _, value = parameter.partition("=")
    if name.strip(_OWS).lower() != "q" or not _QUALITY.fullmatch(value.strip(_OWS)):
        return None
    return float(value)
