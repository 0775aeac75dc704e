"""Dates as HTTP writes them (RFC 9110, 5.6.7)."""

from __future__ import annotations

import calendar
import time
from datetime import UTC, datetime
from typing import Final

# Written here because strftime speaks the language of the locale.
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def format_timestamp(ts: float | tuple[int, ...] | time.struct_time | datetime) -> str:
    """Give ``Sun, 06 Nov 1994 08:49:37 GMT`` for a moment.

    A number counts seconds of the epoch; a tuple or ``struct_time`` is UTC, and
    so is a naive datetime, while an aware one is converted. Always English,
    whatever the locale. Raises ``TypeError`` for anything else.
    """
    if isinstance(ts, (int, float)):
        seconds = float(ts)
    elif isinstance(ts, (tuple, time.struct_time)):
        seconds = calendar.timegm(tuple(ts))
    elif isinstance(ts, datetime):
        aware = ts if ts.tzinfo is not None else ts.replace(tzinfo=UTC)
        seconds = aware.timestamp()
    else:
        raise TypeError(f"unknown timestamp type: {ts!r}")
    return _imf_fixdate(seconds)


def _imf_fixdate(seconds: float) -> str:
    moment = time.gmtime(seconds)
    day, month = _DAYS[moment.tm_wday], _MONTHS[moment.tm_mon - 1]
    clock = f"{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02}"
    return f"{day}, {moment.tm_mday:02} {month} {moment.tm_year:04} {clock} GMT"


class DateLine:
    """The ``Date`` header line of now, formatted once a second."""

    __slots__ = ("_line", "_second")

    def __init__(self) -> None:
        self._second = -1
        self._line = ""

    def now(self) -> str:
        """Give ``Date: ...`` without its line end."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._line = f"Date: {_imf_fixdate(second)}"
        return self._line


DATE_LINE: Final = DateLine()
