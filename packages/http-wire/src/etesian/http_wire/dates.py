"""Dates as HTTP writes them (RFC 9110, 5.6.7)."""

from __future__ import annotations

import calendar
import time
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Final


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
    return formatdate(seconds, usegmt=True)


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
            self._line = f"Date: {formatdate(second, usegmt=True)}"
        return self._line


DATE_LINE: Final = DateLine()
