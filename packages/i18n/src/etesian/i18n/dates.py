"""Dates as a reader of a locale writes them, by the patterns of CLDR."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from babel.dates import (
    format_date,
    format_time,
    format_timedelta,
    get_day_names,
    get_timezone,
    parse_pattern,
)

if TYPE_CHECKING:
    from datetime import date

    from babel import Locale as CLDRLocale

# A moment this far ahead is another clock's "now", not a future.
CLOCK_SKEW = timedelta(seconds=60)

# Up to these, a unit is finer than the next one; 50 and not 60, so that "59 minutes" never
# stands where a reader would say "an hour".
_MAX_SECONDS = timedelta(seconds=50)
_MAX_MINUTES = timedelta(minutes=50)

# CLDR has these two patterns for every locale, with short names of day and month.
_MONTH_AND_DAY = "MMMd"
_WEEKDAY_MONTH_AND_DAY = "MMMEd"
_SHORT_FIELD = re.compile(r"(?<![A-Za-z])(?:E{1,3}|ccc|MMM|LLL)(?![A-Za-z])")


def as_utc(moment: datetime | float) -> datetime:
    """Give a moment with its time zone; a number is a timestamp, a naive datetime is UTC."""
    if not isinstance(moment, datetime):
        return datetime.fromtimestamp(moment, UTC)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def shifted(moment: datetime, gmt_offset: int) -> datetime:
    """Give ``moment`` on the clock of a reader ``gmt_offset`` minutes behind UTC."""
    return moment - timedelta(minutes=gmt_offset)


def elapsed(cldr: CLDRLocale, age: timedelta) -> str:
    """Give ``2 minutes ago`` for an age below a day, in the largest fitting unit."""
    if age < _MAX_SECONDS:
        age, granularity = max(age, timedelta(seconds=1)), "second"
    elif age < _MAX_MINUTES:
        age, granularity = max(age, timedelta(minutes=1)), "minute"
    else:
        age, granularity = max(age, timedelta(hours=1)), "hour"
    unit = timedelta(**{f"{granularity}s": 1})
    whole = round(age / unit) * unit
    # The direction comes from the sign; a threshold that is never reached keeps the unit ours.
    return format_timedelta(
        -whole,
        granularity=granularity,  # type: ignore[arg-type]  # one of its literals
        threshold=100,
        add_direction=True,
        locale=cldr,
    )


def time_of_day(cldr: CLDRLocale, local: datetime) -> str:
    """Give ``3:45 AM`` or ``03:45``, whichever the locale writes."""
    # Without a zone CLDR formatting would convert from UTC to the server's own.
    return format_time(local, "short", tzinfo=_zone(local), locale=cldr)


def long_date(cldr: CLDRLocale, local: date) -> str:
    """Give ``July 10, 1980``."""
    return format_date(local, "long", locale=cldr)


def weekday(cldr: CLDRLocale, local: date) -> str:
    """Give ``Monday``, as it stands alone."""
    return str(get_day_names("wide", "stand-alone", locale=cldr)[local.weekday()])


def month_and_day(cldr: CLDRLocale, local: datetime, *, with_weekday: bool) -> str:
    """Give ``January 22`` or ``Monday, January 22``.

    CLDR states the order with short names; the fields are widened as UTS 35
    (part 4, "Matching Skeletons") asks of a pattern that was found for a
    narrower wish.
    """
    skeleton = _WEEKDAY_MONTH_AND_DAY if with_weekday else _MONTH_AND_DAY
    pattern = cldr.datetime_skeletons[skeleton].pattern
    wide = _SHORT_FIELD.sub(lambda field: field[0][0] * 4, pattern)
    return str(parse_pattern(wide).apply(local, cldr))


def _zone(local: datetime) -> tzinfo:
    return local.tzinfo if local.tzinfo is not None else get_timezone("UTC")
