"""HTTP dates (RFC 9110, 5.6.7), in English whatever the locale of the process."""

from __future__ import annotations

import email.utils
from calendar import timegm
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import time

__all__ = ["format_http_date", "parse_http_date"]

# Characters. The longest of the three forms, RFC 850's with "Wednesday", has 33.
_MAX_LENGTH = 40


def format_http_date(moment: float | datetime | tuple[int, ...] | time.struct_time) -> str:
    """Give a moment as ``Sun, 06 Nov 1994 08:49:37 GMT``.

    A number is seconds since 1970; a ``datetime`` without zone, and a tuple, are
    UTC. Raises ``TypeError`` for anything else.
    """
    if isinstance(moment, datetime):
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return email.utils.format_datetime(zoned.astimezone(UTC), usegmt=True)
    if isinstance(moment, tuple):
        return email.utils.formatdate(timegm(moment), usegmt=True)
    if isinstance(moment, int | float):
        return email.utils.formatdate(moment, usegmt=True)
    raise TypeError(f"expected seconds, a tuple or a datetime, got {type(moment).__name__}")


def parse_http_date(text: str) -> datetime | None:
    """Give the moment, in UTC, or ``None`` where the text is no date from 1970 on."""
    if len(text) > _MAX_LENGTH or not text.isascii():
        return None
    fields = email.utils.parsedate(text)
    if fields is None:
        return None
    try:
        moment = datetime(*fields[:6], tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment.year >= 1970 else None
