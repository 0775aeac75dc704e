"""URLs and queries."""

from __future__ import annotations

import pytest

from etesian.http_wire import (
    parse_qs_bytes,
    qs_to_qsl,
    split_host_and_port,
    url_concat,
    url_escape,
    url_unescape,
)


@pytest.mark.spec("B-HTTP-088")
@pytest.mark.spec("B-HTTP-089")
@pytest.mark.spec("B-HTTP-090")
@pytest.mark.parametrize(
    ("url", "args", "expected"),
    [
        ("http://a/b", {"c": "d"}, "http://a/b?c=d"),
        ("http://a/b?x=y", {"c": "d"}, "http://a/b?x=y&c=d"),
        ("http://a/b?x=y#f?g", {"c": "d"}, "http://a/b?x=y&c=d#f?g"),
        ("http://a/b#f", [("c", "1"), ("c", "2")], "http://a/b?c=1&c=2#f"),
        ("http://a/b?", {"c": "d"}, "http://a/b?c=d"),
        ("http://a/b?x=y", {}, "http://a/b?x=y"),
        ("http://a/b?x=y#f", None, "http://a/b?x=y#f"),
        ("/b", {"c": "d e&\u00e9"}, "/b?c=d+e%26%C3%A9"),
    ],
)
def test_url_concat_keeps_query_and_fragment(url, args, expected):
    assert url_concat(url, args) == expected


def test_url_concat_refuses_what_is_no_collection_of_pairs():
    with pytest.raises(TypeError, match="str"):
        url_concat("/", "a=b")


@pytest.mark.spec("B-HTTP-094")
@pytest.mark.parametrize(
    ("netloc", "expected"),
    [
        ("a", ("a", None)),
        ("a:80", ("a", 80)),
        ("[::1]", ("[::1]", None)),
        ("[::1]:80", ("[::1]", 80)),
        ("a:", ("a:", None)),
        ("a:x", ("a:x", None)),
        ("a:\u0665", ("a:\u0665", None)),
        ("", ("", None)),
    ],
)
def test_split_host_and_port(netloc, expected):
    assert split_host_and_port(netloc) == expected


def test_queries_give_text_names_and_byte_values():
    assert parse_qs_bytes("a=1&a=%e9&b=x+y&c=&d", keep_blank_values=True) == {
        "a": [b"1", b"\xe9"],
        "b": [b"x y"],
        "c": [b""],
        "d": [b""],
    }
    assert parse_qs_bytes(b"a=1&c=&d&%e9=2") == {"a": [b"1"], "\xe9": [b"2"]}
    assert parse_qs_bytes("") == {}
    assert list(qs_to_qsl({"a": [b"1", b"2"]})) == [("a", b"1"), ("a", b"2")]


@pytest.mark.spec("S149")
def test_a_semicolon_separates_nothing():
    assert parse_qs_bytes("a=1;b=2") == {"a": [b"1;b=2"]}


@pytest.mark.spec("S143")
def test_the_number_of_fields_can_be_bounded():
    assert len(parse_qs_bytes("a&" * 9 + "a", keep_blank_values=True, max_fields=10)["a"]) == 10
    with pytest.raises(ValueError, match="more than 10"):
        parse_qs_bytes("a&" * 10 + "a", max_fields=10)


def test_strict_parsing_wants_an_equals_sign():
    with pytest.raises(ValueError, match="without '='"):
        parse_qs_bytes("a", strict_parsing=True)


@pytest.mark.spec("B-UTIL-004", "B-UTIL-005", "B-UTIL-006")
def test_escaping_and_back():
    assert (url_escape(" "), url_escape(" ", plus=False)) == ("+", "%20")
    assert url_escape("a b/\u00e9") == "a+b%2F%C3%A9"
    assert url_escape("a b/\u00e9", plus=False) == "a%20b/%C3%A9"
    assert url_unescape("a+b%2F%C3%A9") == "a b/\u00e9"
    assert url_unescape("a+b", plus=False) == "a+b"
    assert url_unescape(b"a+%e9", encoding=None) == b"a \xe9"
    assert url_unescape("%zz%") == "%zz%"
    with pytest.raises(UnicodeDecodeError):
        url_unescape("%e9")
