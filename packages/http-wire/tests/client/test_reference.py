"""References, by the examples of RFC 3986 and by what it says of the rest."""

from __future__ import annotations

import pytest

from etesian.http_wire.client.reference import resolved
from etesian.http_wire.client.url import parse_url

# RFC 3986, 5.4.1 and 5.4.2, for the base http://a/b/c/d;p?q.
EXAMPLES = {
    "g:h": "g:h",
    "g": "http://a/b/c/g",
    "./g": "http://a/b/c/g",
    "g/": "http://a/b/c/g/",
    "/g": "http://a/g",
    "//g": "http://g",
    "?y": "http://a/b/c/d;p?y",
    "g?y": "http://a/b/c/g?y",
    "#s": "http://a/b/c/d;p?q#s",
    "g#s": "http://a/b/c/g#s",
    "g?y#s": "http://a/b/c/g?y#s",
    ";x": "http://a/b/c/;x",
    "g;x": "http://a/b/c/g;x",
    "g;x?y#s": "http://a/b/c/g;x?y#s",
    "": "http://a/b/c/d;p?q",
    ".": "http://a/b/c/",
    "./": "http://a/b/c/",
    "..": "http://a/b/",
    "../": "http://a/b/",
    "../g": "http://a/b/g",
    "../..": "http://a/",
    "../../": "http://a/",
    "../../g": "http://a/g",
    "../../../g": "http://a/g",
    "../../../../g": "http://a/g",
    "/./g": "http://a/g",
    "/../g": "http://a/g",
    "g.": "http://a/b/c/g.",
    ".g": "http://a/b/c/.g",
    "g..": "http://a/b/c/g..",
    "..g": "http://a/b/c/..g",
    "./../g": "http://a/b/g",
    "./g/.": "http://a/b/c/g/",
    "g/./h": "http://a/b/c/g/h",
    "g/../h": "http://a/b/c/h",
    "g;x=1/./y": "http://a/b/c/g;x=1/y",
    "g;x=1/../y": "http://a/b/c/y",
    "g?y/./x": "http://a/b/c/g?y/./x",
    "g?y/../x": "http://a/b/c/g?y/../x",
    "g#s/./x": "http://a/b/c/g#s/./x",
    "g#s/../x": "http://a/b/c/g#s/../x",
    "http:g": "http://a/b/c/g",
}


@pytest.mark.parametrize("reference", EXAMPLES)
def test_the_examples_of_the_standard(reference):
    assert resolved(parse_url("http://a/b/c/d;p?q"), reference) == EXAMPLES[reference]


@pytest.mark.parametrize(
    ("base", "reference", "url"),
    [
        ("http://a/web/http://x/y", "z", "http://a/web/http://x/z"),
        ("http://a/b//c/d", "../e", "http://a/b//e"),
        ("http://a/b?x", "?", "http://a/b?"),
        ("http://a/b", "http://c/d?", "http://c/d?"),
        ("http://a", "b", "http://a/b"),
        ("http://a", "", "http://a/"),
        ("http://a/b", "//c/d/../e", "http://c/e"),
        ("http://a/b", "HTTP://c/./d", "HTTP://c/d"),
        ("https://[::1]:8443/b", "c", "https://[::1]:8443/c"),
        ("https://a/b", "http:c", "http:c"),
        ("http://u:p@a/b", "c", "http://a/c"),
        ("http://a/b", "///c", "http:///c"),
        ("http://a/b", "c\nd", "http://a/c\nd"),
    ],
)
def test_nothing_is_lost_and_nothing_is_added(base, reference, url):
    assert resolved(parse_url(base), reference) == url
