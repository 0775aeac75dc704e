"""Option values read from text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["parser_for", "type_name"]

_DATETIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d %H:%M",
    "%Y%m%d",
    "%a %b %d %H:%M:%S %Y",  # of C's ctime
    "%a, %d %b %Y %H:%M:%S",  # of RFC 5322, without the zone
    "%H:%M:%S",
    "%H:%M",
)

# Each unit with the words that stand for it; none stands for seconds.
_UNITS = {
    "weeks": ("w", "week", "weeks"),
    "days": ("d", "day", "days"),
    "hours": ("h", "hour", "hours"),
    "minutes": ("m", "min", "minute", "minutes"),
    "seconds": ("", "s", "sec", "second", "seconds"),
    "milliseconds": ("ms", "millisecond", "milliseconds"),
    "microseconds": ("us", "microsecond", "microseconds"),
}
_UNIT_OF_WORD = {word: unit for unit, words in _UNITS.items() for word in words}

_SPAN = re.compile(r" *([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)) *([a-z]*)", re.IGNORECASE)


def parser_for(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a function that reads a value of a type; it raises ValueError on bad text.

    Types without a reading of their own are called with the text.
    """
    return _PARSERS.get(kind, kind)


def type_name(kind: Callable[[str], Any]) -> str:
    """Return the name of a type as a user of the command line knows it."""
    name = getattr(kind, "__name__", "")
    # Neither a lambda nor a partial has one that says anything.
    return name.upper() if name.isidentifier() else "VALUE"


def _parse_bool(text: str) -> bool:
    return text.lower() not in ("false", "0", "f")


def _parse_datetime(text: str) -> datetime:
    for form in _DATETIME_FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  what is written has no zone
        except ValueError:
            continue
    raise ValueError("a date as 2024-01-31 23:59, a day or a time of day is expected")


def _parse_timedelta(text: str) -> timedelta:
    total = timedelta()
    position = 0
    while position < len(text):
        match = _SPAN.match(text, position)
        unit = match and _UNIT_OF_WORD.get(match.group(2).lower())
        if not match or not unit:
            break
        total += timedelta(**{unit: float(match.group(1))})
        position = match.end()
    if position == 0 or text[position:].strip(" "):
        raise ValueError("a span such as 90, 1.5h or 2m30s is expected")
    return total


_PARSERS: dict[object, Callable[[str], Any]] = {
    bool: _parse_bool,
    datetime: _parse_datetime,
    timedelta: _parse_timedelta,
}
