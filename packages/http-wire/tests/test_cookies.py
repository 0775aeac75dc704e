"""The Cookie header as browsers mean it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire import HTTPHeaders, HTTPServerRequest, parse_cookie


@pytest.mark.spec("B-HTTP-072")
@pytest.mark.spec("B-HTTP-073")
@pytest.mark.spec("B-HTTP-074")
@pytest.mark.spec("B-HTTP-075")
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a=b; c=d", {"a": "b", "c": "d"}),
        ("a=b;c=d;;  ;", {"a": "b", "c": "d"}),
        ("a=b; a=c", {"a": "c"}),
        ('a="b\\"c"', {"a": 'b"c'}),
        ('a="\\303\\251\\073"', {"a": "\xc3\xa9;"}),
        ('a="open', {"a": '"open'}),
        ("a[b]=c; d=[e]", {"a[b]": "c", "d": "[e]"}),
        ("alone", {"": "alone"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=", {"a": ""}),
        ("=b", {"": "b"}),
        ("", {}),
    ],
)
def test_cookies_are_read_as_browsers_do(header, expected):
    assert parse_cookie(header) == expected


@pytest.mark.spec("B-HTTP-076")
@given(st.text())
def test_no_header_ever_raises(header):
    parse_cookie(header)


@pytest.mark.spec("B-HTTP-072")
@pytest.mark.spec("B-HTTP-076")
def test_a_request_leaves_out_what_is_no_cookie():
    request = HTTPServerRequest("GET", "/", headers=HTTPHeaders({"Cookie": "a=b; b[]=c; x; d=e"}))
    assert {name: morsel.value for name, morsel in request.cookies.items()} == {"a": "b", "d": "e"}
    assert request.cookies is request.cookies
