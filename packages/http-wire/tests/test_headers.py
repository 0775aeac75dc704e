"""HTTPHeaders: names without case, values apart."""

from __future__ import annotations

import copy
import pickle

import pytest

from etesian.http_wire import HTTPHeaders, HTTPInputError


@pytest.mark.spec("B-HTTP-081")
def test_names_are_normalised_when_stored_and_when_looked_up():
    headers = HTTPHeaders({"coNtent-TYPE": "text/html"})
    assert list(headers) == ["Content-Type"]
    assert headers["CONTENT-type"] == "text/html"
    assert HTTPHeaders({"x-some-new-name": "1", "etag": "2"}).keys() == {"X-Some-New-Name", "Etag"}


@pytest.mark.spec("B-HTTP-082")
def test_several_values_are_joined_or_listed():
    headers = HTTPHeaders()
    headers.add("Set-Cookie", "a=b")
    headers.add("set-cookie", "c=d")
    assert headers["Set-Cookie"] == "a=b,c=d"
    assert headers.get("set-cookie") == "a=b,c=d"
    assert headers.get_list("SET-cookie") == ["a=b", "c=d"]
    assert headers.get_list("absent") == []


@pytest.mark.spec("B-HTTP-083")
def test_assignment_replaces_and_add_appends():
    headers = HTTPHeaders({"X": "1"})
    headers.add("x", "2")
    headers.add("x", "3")
    assert headers.get_list("X") == ["1", "2", "3"]
    headers["x"] = "4"
    assert headers.get_list("X") == ["4"]


@pytest.mark.spec("B-HTTP-084")
def test_get_all_gives_a_pair_for_each_value():
    headers = HTTPHeaders([("a", "1")])
    headers.add("b", "2")
    headers.add("a", "3")
    assert list(headers.get_all()) == [("A", "1"), ("A", "3"), ("B", "2")]


@pytest.mark.spec("B-HTTP-085")
@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        HTTPHeaders.copy,
        HTTPHeaders,
        lambda headers: pickle.loads(pickle.dumps(headers)),  # noqa: S301  # our own bytes
    ],
)
def test_copies_keep_several_values_and_are_independent(duplicate):
    headers = HTTPHeaders({"A": "1"})
    headers.add("A", "2")
    other = duplicate(headers)
    assert other == headers
    assert list(other.get_all()) == [("A", "1"), ("A", "2")]
    other.add("A", "3")
    assert headers.get_list("A") == ["1", "2"]


@pytest.mark.spec("B-HTTP-086")
@pytest.mark.spec("B-HTTP-017")
@pytest.mark.spec("B-HTTP-018")
def test_parse_takes_a_block_with_either_line_end_and_folded_lines():
    headers = HTTPHeaders.parse("A: 1\r\nB: two\n  more\r\n\tand more\nA:  2 \r\n\r\n")
    assert list(headers.get_all()) == [("A", "1"), ("A", "2"), ("B", "two more and more")]


def test_a_folded_line_continues_the_last_value_of_a_repeated_field():
    headers = HTTPHeaders.parse("A: 1\nB: 2\nA: 3\n more\n")
    assert headers.get_list("A") == ["1", "3 more"]


@pytest.mark.spec("B-HTTP-019")
@pytest.mark.parametrize("separator", ["\x1c", "\x85", "\u2028", "\u2029", "\x0b"])
def test_only_line_feeds_separate_lines(separator):
    block = f"A: x{separator}B: y"
    if separator in ("\x1c", "\x0b"):
        with pytest.raises(HTTPInputError):
            HTTPHeaders.parse(block)
    else:
        assert list(HTTPHeaders.parse(block).get_all()) == [("A", f"x{separator}B: y")]


@pytest.mark.spec("B-HTTP-016")
@pytest.mark.parametrize("block", ["A", "A: 1\nB", " A: 1", ": x", "A B: c", "A: \0", "A: x\n \0"])
def test_malformed_lines_are_refused(block):
    with pytest.raises(HTTPInputError):
        HTTPHeaders.parse(block)


@pytest.mark.spec("B-HTTP-087")
def test_the_mapping_ignores_case():
    headers = HTTPHeaders({"Content-Length": "5"}, accept="x")
    assert "CONTENT-LENGTH" in headers
    assert "absent" not in headers
    assert "not a name" not in headers
    assert 5 not in headers
    assert headers.get("content-length") == "5"
    assert headers.get("absent") is None
    assert headers.get("not a name", "default") == "default"
    assert len(headers) == 2
    del headers["content-LENGTH"]
    assert list(headers) == ["Accept"]
    with pytest.raises(KeyError):
        del headers["absent"]
    with pytest.raises(KeyError):
        headers["absent"]


def test_equality_is_by_content():
    assert HTTPHeaders({"a": "b"}) == HTTPHeaders({"A": "b"})
    assert HTTPHeaders({"a": "b"}) == {"A": "b"}
    assert HTTPHeaders({"a": "b"}) != HTTPHeaders({"a": "c"})
    with pytest.raises(TypeError):
        hash(HTTPHeaders())


def test_text_forms_show_every_value():
    headers = HTTPHeaders({"a": "1"})
    headers.add("a", "2")
    assert str(headers) == "A: 1\nA: 2\n"
    assert repr(headers) == "HTTPHeaders([('A', '1'), ('A', '2')])"


def test_names_of_peers_do_not_fill_memory():
    from etesian.http_wire.headers import KNOWN_NAMES

    for number in range(5000):
        HTTPHeaders({f"X-Flood-{number}": "y"})
    assert len(KNOWN_NAMES) <= 2048
    assert HTTPHeaders({"x-after-the-flood": "y"})["X-After-The-Flood"] == "y"


@pytest.mark.parametrize("value", [5, b"5", None, ["5"]])
def test_a_value_that_is_no_text_is_refused_by_its_type(value):
    refused = pytest.raises(TypeError, match=f"X-Number must be str, not {type(value).__name__}")
    with refused:
        HTTPHeaders({"X-Number": value})
    with refused:
        HTTPHeaders().add("X-Number", value)
    with refused:
        HTTPHeaders()["X-Number"] = value
