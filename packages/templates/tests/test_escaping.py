import html
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.templates import (
    DictLoader,
    ParseError,
    Template,
    json_encode,
    squeeze,
    url_escape,
    xhtml_escape,
    xhtml_unescape,
)
from etesian.templates.runtime import escape_text


@pytest.mark.spec("B-TPL-004", "S192")
@pytest.mark.parametrize("place", ["{}", '<a title="{}">', "<a title='{}'>"])
def test_output_is_escaped_for_text_and_quoted_attributes(place):
    text = place.replace("{}", "{{ x }}")
    output = Template(text).generate(x="<b>\"'&").decode()
    assert output == place.replace("{}", "&lt;b&gt;&quot;&#x27;&amp;")


@pytest.mark.spec("B-UTIL-001")
@given(st.text())
def test_both_forms_of_the_escape_agree_with_the_standard_library(text):
    assert xhtml_escape(text) == escape_text(text) == html.escape(text)


@given(st.text())
def test_unescaping_reverses_escaping(text):
    assert xhtml_unescape(xhtml_escape(text)) == text


@pytest.mark.spec("B-UTIL-001")
def test_the_five_characters_that_mean_something_are_escaped():
    assert xhtml_escape("a&b<c>d\"e'f") == "a&amp;b&lt;c&gt;d&quot;e&#x27;f"
    assert xhtml_escape(b"<\xc3\xa9") == "&lt;\u00e9"


@pytest.mark.spec("B-UTIL-002", "B-UTIL-003")
@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        ("&lt;&amp;&eacute;", "<&\u00e9"),
        ("&#233;&#x27;&#XE9;", "\u00e9'\u00e9"),
        ("&nosuchname; & &; &#; &#x; &#xyz;", "&nosuchname; & &; &#; &#x; &#xyz;"),
    ],
)
def test_references_of_every_form_are_read_and_others_left(escaped, text):
    assert xhtml_unescape(escaped) == text


@given(st.text(alphabet="<>&\"'ax;#"), st.text(alphabet="<>&\"' "))
def test_no_value_can_write_markup(text, more):
    output = Template("{{ x }}{{ y }}").generate(x=text, y=more).decode()
    assert not set(output) & set("<>\"'")


@pytest.mark.parametrize("value", [7, -1, 10**30, True])
def test_numbers_need_no_escape(value):
    assert Template("{{ x }}").generate(x=value) == str(value).encode()


def test_a_subclass_of_int_is_escaped_like_anything_else():
    class Sly(int):
        def __str__(self):
            return "<"

        def __format__(self, spec):
            return "<script>"

    assert Template("{{ x }}").generate(x=Sly(1)) == b"&lt;"


def test_no_value_can_declare_itself_safe():
    class Sly(str):
        __slots__ = ()

        def __html__(self):
            return self

        def __str__(self):
            return self

        def __format__(self, spec):
            return str.__str__(self)

    assert Template("{{ x }}").generate(x=Sly("<")) == b"&lt;"


@pytest.mark.spec("B-TPL-005")
def test_autoescape_none_escapes_nothing():
    assert Template("{{ x }}", autoescape=None).generate(x="<") == b"<"
    assert Template("{{ x }}{% autoescape None %}").generate(x="<") == b"<"
    assert Template("{% autoescape %}{{ x }}").generate(x="<") == b"<"


@pytest.mark.spec("B-TPL-006")
@pytest.mark.parametrize("answer", [lambda text: f"({text})", lambda text: f"({text})".encode()])
def test_autoescape_names_a_function_of_the_namespace(answer):
    assert Template("{{ x }}", autoescape="f").generate(x=1, f=answer) == b"(1)"
    text = "{% autoescape g.f %}{{ x }}{% raw x %}"
    assert Template(text).generate(x=b"y", g=type("G", (), {"f": staticmethod(answer)})) == b"(y)y"


def test_autoescape_may_name_what_the_template_binds():
    text = "{% autoescape shout %}{% from string import capwords as shout %}{{ x }}"
    assert Template(text).generate(x="a b") == b"A B"
    text = "{% autoescape f %}{{ x }}{% set f = g %}{{ x }}"
    assert Template(text).generate(x="a", f=str.upper, g=lambda t: t * 2) == b"Aaa"


def test_the_namespace_may_replace_the_default_function():
    assert (
        Template("{{ x }}{{ 1 }}").generate(x="<", xhtml_escape=lambda text: f"[{text}]")
        == b"[<][1]"
    )


@pytest.mark.parametrize("more", ["", "{% for y in [] %}{% end %}"])
def test_a_template_may_bind_the_default_function_itself(more):
    text = "{{ x }}{% set xhtml_escape = f %}{{ x }}" + more
    assert Template(text).generate(x="<", f=lambda text: f"[{text}]") == b"&lt;[<]"


def test_an_autoescape_that_is_no_expression_is_an_error():
    with pytest.raises(ParseError):
        Template("{% autoescape a b %}{{ x }}")
    with pytest.raises(NameError):
        Template("{{ x }}", autoescape="nowhere").generate(x=1)


@pytest.mark.spec("B-TPL-008")
def test_raw_bypasses_escaping():
    assert Template("{% raw x %}{% raw y %}").generate(x="<", y=b"<\xc3\xa9") == "<<é".encode()


@pytest.mark.spec("B-TPL-036")
def test_default_names_exist_without_a_handler():
    text = (
        "{% autoescape None %}{{ escape('<') }} {{ xhtml_escape('>') }} {{ url_escape('a b/é') }} "
        "{{ json_encode({'a': '</x>'}) }} {{ squeeze(' a \\n b ') }} {{ linkify('www.a.b') }} "
        "{{ datetime.date(2020, 1, 2) }}"
    )
    assert Template(text).generate().decode() == (
        '&lt; &gt; a+b%2F%C3%A9 {"a": "<\\/x>"} a b <a href="http://www.a.b">www.a.b</a> 2020-01-02'
    )


def test_code_in_c_that_imports_works_in_a_template():
    assert (
        Template("{{ d.strftime('%d') }}").generate(d=__import__("datetime").date(2020, 1, 2))
        == b"02"
    )


@pytest.mark.spec("S193")
def test_values_are_never_read_as_templates():
    hostile = "{{ 1 + 1 }}{% import os %}{# #}{{!"
    assert Template("{% raw x %}{{ x }}").generate(x=hostile).decode() == hostile * 2


@pytest.mark.spec("S193")
def test_no_value_names_a_file_a_block_or_an_escape():
    files = {
        "secret": "secret",
        "page": "{% include name %}|{% block name %}{{ name }}{% end %}",
        "name": "{% autoescape None %}{{ xhtml_escape(name) }}",
    }
    output = DictLoader(files).load("page").generate(name="secret<")
    assert output == b"secret&lt;|secret&lt;"


@pytest.mark.spec("S193")
@pytest.mark.parametrize("hostile", [{"x": 1}, ["{{ x }}"], None, 5])
def test_a_template_is_made_of_text_only(hostile):
    with pytest.raises((TypeError, AttributeError)):
        Template(hostile)


class _Proxy:
    """What proxies and lazy strings do: they say that they are what they stand for."""

    def __init__(self, value):
        self.value = value

    @property
    def __class__(self):
        return type(self.value)

    def __str__(self):
        return f"<{self.value}>"

    def __format__(self, spec):
        return "<script>"

    def decode(self):
        return "<script>"


@pytest.mark.parametrize("value", [1, "a", b"a"])
@pytest.mark.parametrize("text", ["{{ x }}", "{% for i in [1] %}{{ x }}{% end %}"])
def test_a_value_that_lies_about_its_class_is_escaped(text, value):
    proxy = _Proxy(value)
    assert Template(text).generate(x=proxy).decode() == xhtml_escape(f"<{value}>")


def test_references_that_mean_nothing_stay():
    text = "&lt;&#60;&#x3C;&#X3c;&eacute;&nope;&lt &#xD800;&#0;&#1114112;&#99999999999;&;&#;"
    assert xhtml_unescape(text) == "<<<<é&nope;&lt &#xD800;&#0;&#1114112;&#99999999999;&;&#;"
    assert xhtml_unescape(b"&amp;lt;") == "&lt;"


def test_bytes_are_read_as_utf_8():
    assert xhtml_escape("é<".encode()) == "é&lt;"
    with pytest.raises(UnicodeDecodeError):
        Template("{{ x }}").generate(x=b"\xff")


def test_a_space_in_a_path_is_percent_encoded():
    assert url_escape("a b+&é") == "a+b%2B%26%C3%A9"
    assert url_escape("a b", plus=False) == "a%20b"


@given(st.recursive(st.text() | st.integers() | st.booleans() | st.none(), st.lists, max_leaves=5))
def test_json_never_ends_a_script(value):
    text = json_encode(value)
    assert "</" not in text
    assert json.loads(text) == value


def test_json_has_no_bytes():
    with pytest.raises(TypeError):
        json_encode(b"x")


def test_squeeze_leaves_one_space_between_words():
    assert squeeze("\t a \x00\n b ") == "a b"


@pytest.mark.parametrize("function", [xhtml_escape, xhtml_unescape, squeeze])
@pytest.mark.parametrize("hostile", ["&", "&#", "&a", " ", "&#x", "<"])
def test_escaping_takes_linear_time(function, hostile):
    start = time.perf_counter()
    function(hostile * 500_000)
    assert time.perf_counter() - start < 5
