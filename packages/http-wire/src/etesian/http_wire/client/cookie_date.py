"""The dates of cookies, which no other grammar covers (RFC 6265bis, 5.1.1)."""

from __future__ import annotations

import datetime as dt
import re

__all__ = ["parse_cookie_date"]

_TOKEN = re.compile(r"[^\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
# Each is followed by the end or by what is no digit; then anything may come.
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_cookie_date(text: str) -> float | None:
    """Give the seconds since the epoch, or ``None`` for what is no date.

    The parts may stand in any order; the first that looks like a time, a day, a
    month or a year, in this order of preference, is that.
    """
    time: tuple[int, int, int] | None = None
    day = month = year = None
    for found in _TOKEN.finditer(text):
        token = found[0]
        if time is None and (match := _TIME.match(token)):
            time = (int(match[1]), int(match[2]), int(match[3]))
        elif day is None and (match := _DAY.match(token)):
            day = int(match[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (match := _YEAR.match(token)):
            year = int(match[1])
    if time is None or day is None or month is None or year is None:
        return None
    # Two digits, as Netscape wrote them.
    year += 1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0
    if year < 1601:
        return None
    try:
        return dt.datetime(year, month, day, *time, tzinfo=dt.UTC).timestamp()
    except ValueError:
        return None
