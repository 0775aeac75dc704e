"""Dates of cookies, as they are met."""

from __future__ import annotations

import pytest

from etesian.http_wire.client.cookie_date import parse_cookie_date

SECOND = 784_111_777.0


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "6 nov 1994 8:49:37 +0100",
        "1994/November/6th;08:49:37abc",
        "06 08:49:37 NOVEMBRE 1994",
    ],
)
def test_what_is_read(text):
    assert parse_cookie_date(text) == SECOND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sun, 06 Nov 1994",
        "06 Nov 08:49:37",
        "Nov 1994 08:49:37",
        "06 1994 08:49:37",
        "31 Feb 1994 08:49:37",
        "06 Nov 1600 08:49:37",
        "06 Nov 1994 24:00:00",
        "06 Nov 1994 08:60:00",
        "06 Nov 1994 08:49:60",
        "006 Nov 1994 08:49:37",
        "06 Nov 19940 08:49:37",
        "06 Nov 1994 08:49:377",
        "06 Nov 1994 8:49",
        "08:49:37 94 6 nov",  # the first that may be a day is the day
        "\u0666 Nov 1994 08:49:37",
    ],
)
def test_what_is_no_date(text):
    assert parse_cookie_date(text) is None


@pytest.mark.parametrize(
    ("short", "year"), [("70", 1970), ("99", 1999), ("69", 2069), ("00", 2000)]
)
def test_two_digits_of_a_year(short, year):
    assert parse_cookie_date(f"1 Jan {short} 00:00:00") == parse_cookie_date(f"1 Jan {year} 0:0:0")
