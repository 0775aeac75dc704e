"""The Range header, as far as one range goes."""

from __future__ import annotations

import pytest

from etesian.http_wire import HTTPHeaders, HTTPServerRequest, parse_byte_range


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=2-4", (2, 5)),
        ("BYTES=0-0", (0, 1)),
        ("bytes=2-", (2, None)),
        ("bytes=-5", (-5, None)),
        ("bytes=-0", None),
        ("bytes=-", None),
        ("bytes=4-2", None),
        ("bytes=1-2,4-5", None),
        ("bytes=a-b", None),
        ("bytes=+1-2", None),
        ("bytes= 1-2", None),
        ("bytes=\u0661-2", None),
        ("bytes=" + "9" * 20 + "-", None),
        ("lines=1-2", None),
        ("", None),
    ],
)
def test_one_valid_range_is_taken_and_all_else_ignored(value, expected):
    assert parse_byte_range(value) == expected
    request = HTTPServerRequest("GET", "/", headers=HTTPHeaders({"Range": value}))
    assert request.byte_range == expected
    assert request.byte_range == expected
