import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.web import (
    json_decode,
    json_encode,
    linkify,
    native_str,
    recursive_unicode,
    squeeze,
    to_unicode,
    utf8,
)


@pytest.mark.spec("B-UTIL-007", "B-UTIL-008")
def test_json_cannot_end_a_script_element():
    assert json_encode({"a": "</script>"}) == '{"a": "<\\/script>"}'
    with pytest.raises(TypeError):
        json_encode(b"octets")


@pytest.mark.spec("B-UTIL-009")
@given(value=st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_json_survives(value):
    assert json_decode(json_encode(value)) == value
    assert json_decode(json.dumps(value).encode()) == value


@pytest.mark.spec("S151")
@pytest.mark.parametrize("text", ["", "{", b"\xff", "[" * 100_000, "9" * 5000, b"\xed\xa0\x80"])
def test_whatever_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        json_decode(text)


@pytest.mark.spec("B-UTIL-011", "B-UTIL-012")
def test_text_and_octets():
    assert utf8("é") == b"\xc3\xa9"
    assert to_unicode(b"\xc3\xa9") == native_str("é") == "é"
    assert utf8(None) is to_unicode(None) is native_str(None) is None
    assert utf8(b"x") == b"x"
    for function in (utf8, to_unicode, native_str):
        with pytest.raises(TypeError, match="int"):
            function(5)
    assert recursive_unicode({b"a": [b"b", (b"c", 1)]}) == {"a": ["b", ("c", 1)]}


@pytest.mark.spec("B-UTIL-010")
def test_blanks_are_squeezed():
    assert squeeze(" a \x00\t b\n\nc ") == "a b c"


LINK = '<a href="{0}">{0}</a>'


@pytest.mark.spec("B-UTIL-013", "B-UTIL-015", "B-UTIL-016", "B-UTIL-018")
@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("see http://example.com.", f"see {LINK.format('http://example.com')}."),
        ("https://example.com", LINK.format("https://example.com")),
        ("(http://example.com/a_(b))", f"({LINK.format('http://example.com/a_(b)')})"),
        ("www.example.com!", '<a href="http://www.example.com">www.example.com</a>!'),
        (
            "http://e.com/?a=1&b=<",
            '<a href="http://e.com/?a=1&amp;b=">http://e.com/?a=1&amp;b=</a>&lt;',
        ),
        ("javascript:alert(1) ftp://e.com", "javascript:alert(1) ftp://e.com"),
        ("<b>\"'", "&lt;b&gt;&quot;&#x27;"),
        ("www. http:// x", "www. http:// x"),
    ],
)
def test_urls_become_links(text, html):
    assert linkify(text) == html
    assert linkify(text.encode()) == html


@pytest.mark.spec("B-UTIL-014", "B-UTIL-015", "B-UTIL-016", "B-UTIL-017")
def test_links_as_asked_for():
    assert linkify("www.e.com", require_protocol=True) == "www.e.com"
    assert 'href="ftp://e.com"' in linkify("ftp://e.com", permitted_protocols=["ftp"])
    assert linkify("http://e.com", extra_params='rel="nofollow"') == (
        '<a href="http://e.com" rel="nofollow">http://e.com</a>'
    )
    assert ' class="http://e.com"' in linkify(
        "http://e.com", extra_params=lambda url: f'class="{url}"'
    )
    url = "http://example.com/a/long/path/that/goes/on?and=on"
    short = linkify(url, shorten=True)
    assert f'title="{url}"' in short
    assert short.endswith("...</a>")
    assert len(short.rpartition("<")[0].rpartition(">")[2]) < len(url)


@given(text=st.text(alphabet='htp:/w.()[]<>"& e') | st.text())
def test_no_text_breaks_out_of_the_html(text):
    html = linkify(text)
    outside = html.replace("</a>", "")
    assert outside.count("<") == outside.count('<a href="http')
