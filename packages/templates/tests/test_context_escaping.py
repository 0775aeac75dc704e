import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.templates import css_string, js_string, safe_url


@pytest.mark.spec("S192")
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:1",
        " javascript:1",
        "java\nscript:1",
        "\x01javascript:1",
        "java\tscript\r\n:1",
        "vbscript:1",
        "data:text/html,x",
        "x:y",
        ":",
    ],
)
def test_a_url_that_may_run_code_is_refused(url):
    assert safe_url(url) == "about:invalid#unsafe"


@pytest.mark.parametrize(
    "url",
    [
        "http://a.b/?c:d",
        "HTTPS://x",
        "/a:b",
        "a/b:c",
        "?a:b",
        "#a:b",
        "mailto:a@b",
        "tel:+1",
        "",
        "a",
        "//a.b/c",
    ],
)
def test_other_urls_pass(url):
    assert safe_url(url) == url


@given(st.text())
def test_a_string_of_javascript_is_itself_and_harmless_in_html(text):
    literal = js_string(text)
    assert not set(literal[1:-1]) & set("<>&'\"/`\u2028\u2029\n")
    assert literal.isascii()
    assert json.loads(literal) == text


@given(st.text())
def test_a_string_of_css_is_itself_and_harmless_in_html(text):
    literal = css_string(text)
    inner = literal[1:-1]
    assert not set(inner) & set("<>&'\"/\n")
    read = re.sub(r"\\([0-9a-f]{1,6}) ", lambda match: chr(int(match[1], 16)), inner)
    assert read == text.replace("\0", "\ufffd")
