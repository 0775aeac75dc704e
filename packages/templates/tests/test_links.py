import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.templates import Template, linkify


def a(url, shown=None, extra=""):
    return f'<a href="{url}"{extra}>{shown or url}</a>'


@pytest.mark.spec("B-UTIL-013", "B-UTIL-015", "B-UTIL-016", "B-UTIL-018")
@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("Hello http://tornadoweb.org!", f"Hello {a('http://tornadoweb.org')}!"),
        ("www.a.b", a("http://www.a.b", "www.a.b")),
        ("(https://a.b/x_(y))", f"({a('https://a.b/x_(y)')})"),
        ("HTTP://A.b/?x=1&y=2.", f"{a('HTTP://A.b/?x=1&amp;y=2')}."),
        ("<http://a.b>", f"&lt;{a('http://a.b')}&gt;"),
        ('"http://a.b"', f"&quot;{a('http://a.b')}&quot;"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("javascript://a.b/%0aalert(1)", "javascript://a.b/%0aalert(1)"),
        ("http:a note: www.", "http:a note: www."),
        ("nowww.a.b xhttp", "nowww.a.b xhttp"),
        ("a < b & c", "a &lt; b &amp; c"),
        (b"http://\xc3\xa9.com", a("http://é.com")),
    ],
)
def test_urls_become_links_and_the_rest_is_escaped(text, output):
    assert linkify(text) == output


@pytest.mark.spec("B-UTIL-015", "B-UTIL-016")
def test_protocols_and_their_need_can_be_chosen():
    assert linkify("www.a.b http://c.d", require_protocol=True) == f"www.a.b {a('http://c.d')}"
    assert linkify("mailto:x@y.z", permitted_protocols=["mailto"]) == a("mailto:x@y.z")
    assert linkify("http://a.b", permitted_protocols=["ftp"]) == "http://a.b"


@pytest.mark.spec("B-UTIL-017")
def test_extra_parameters_are_text_or_a_function():
    assert linkify("www.a.b", extra_params=' rel="nofollow" ') == a(
        "http://www.a.b", "www.a.b", ' rel="nofollow"'
    )
    assert linkify("www.a.b", extra_params=lambda url: f'class="{len(url)}"') == a(
        "http://www.a.b", "www.a.b", ' class="14"'
    )


@pytest.mark.spec("B-UTIL-014")
def test_long_urls_can_be_shown_short():
    url = "http://example.com/" + "x" * 100
    output = linkify(url, shorten=True)
    assert f'href="{url}" title="{url}"' in output
    assert len(output.partition(">")[2]) < 50


@pytest.mark.spec("B-TPL-055")
def test_the_result_is_markup_and_needs_raw():
    output = Template("{{ linkify(x) }}|{% raw linkify(x) %}").generate(x="www.a.b").decode()
    assert output.startswith("&lt;a href=")
    assert output.endswith(f"|{a('http://www.a.b', 'www.a.b')}")


@given(st.text(alphabet="htp:/w.<>\"'&() x"))
def test_no_text_can_write_markup_of_its_own(text):
    import re

    rest = re.sub(r'<a href="[^"<>]*">[^<>"]*</a>', "", linkify(text))
    assert not set(rest) & set("<>\"'")


@pytest.mark.parametrize("hostile", ["http://", "www.", "(", "a:", "http://a)", "w", "a+", ":///"])
def test_hostile_text_takes_linear_time(hostile):
    for text in (hostile * 100_000, "http://a" + hostile * 100_000):
        start = time.perf_counter()
        linkify(text)
        assert time.perf_counter() - start < 5
