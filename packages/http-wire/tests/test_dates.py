"""Dates as HTTP writes them."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from etesian.http_wire import format_timestamp
from etesian.http_wire.dates import DATE_LINE

EXPECTED = "Sun, 27 Jan 2013 18:43:20 GMT"
SECONDS = 1359312200


@pytest.mark.spec("B-HTTP-091")
@pytest.mark.parametrize(
    "moment",
    [
        SECONDS,
        float(SECONDS) + 0.5,
        time.gmtime(SECONDS),
        tuple(time.gmtime(SECONDS)),
        dt.datetime(2013, 1, 27, 18, 43, 20),  # noqa: DTZ001  # naive is UTC, as documented
        dt.datetime(2013, 1, 27, 18, 43, 20, tzinfo=dt.UTC),
        dt.datetime(2013, 1, 27, 20, 43, 20, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    ],
)
def test_every_kind_of_moment_is_written_in_gmt(moment):
    assert format_timestamp(moment) == EXPECTED


def test_anything_else_is_an_error():
    with pytest.raises(TypeError, match="unknown timestamp"):
        format_timestamp("yesterday")


def test_the_date_line_is_made_once_a_second(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: SECONDS + 0.9)
    line = DATE_LINE.now()
    assert line == f"Date: {EXPECTED}"
    assert DATE_LINE.now() is line
    monkeypatch.setattr(time, "time", lambda: SECONDS + 1.0)
    assert DATE_LINE.now() == "Date: Sun, 27 Jan 2013 18:43:21 GMT"
