import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.templates import ParseError, Template
from etesian.templates.lexer import Kind, tokenize


def contents(text):
    return [(token.kind, token.content) for token in tokenize(text, "t")]


@pytest.mark.spec("B-TPL-056")
@pytest.mark.parametrize("text", ["{", "}", "%", "{ %", "} }}", "%} #} }}", "a { b } c", "{ {x} }"])
def test_stray_braces_and_percent_signs_are_text(text):
    assert "".join(content for _, content in contents(text)) == text
    assert {kind for kind, _ in contents(text)} == {Kind.TEXT}


@pytest.mark.spec("B-TPL-011")
def test_an_exclamation_mark_makes_a_mark_literal(render):
    assert render("{{!x}} {%!y%} {#!z#} {{{!") == "{{x}} {%y%} {#z#} {{{"


@pytest.mark.spec("B-TPL-009")
def test_a_comment_may_contain_directives(render):
    assert render("a{# {% if %} {{ x }} {%! #}b{#\n#}c") == "abc"


@pytest.mark.spec("B-TPL-010")
def test_a_comment_directive_needs_no_end(render):
    assert render("a{% comment it's {{ nothing }} %}b") == "ab"


@pytest.mark.spec("B-TPL-012")
@pytest.mark.parametrize("opening", ["{{", "{%", "{#", "{{ '}}", "{{ {1: 2}", '{{ """ }}'])
def test_an_unclosed_mark_is_an_error_where_it_opens(opening):
    with pytest.raises(ParseError, match="has no") as caught:
        Template(f"a\nb{opening} x\n\n", name="page.html")
    assert (caught.value.filename, caught.value.lineno) == ("page.html", 2)


@pytest.mark.spec("B-TPL-002")
@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{{ {'a': {'b': 1}}['a']['b'] }}", "1"),
        ("{{ '}}' }}", "}}"),
        ('{{ """}}""" }}', "}}"),
        (r"{{ '\'}}' }}", "'}}".replace("'", "&#x27;")),
        ("{{ 1 # it's }}", "1"),
        ("{{{x}}}", "{3}"),
        ("{{ {1, 1} }}", "{1}"),
        ("{{ [\n1,\n2][1] }}", "2"),
    ],
)
def test_an_expression_ends_outside_its_own_braces_and_strings(render, text, output):
    assert render(text, x=3) == output


def test_tokens_know_their_line_and_column_in_bytes():
    token = list(tokenize("ab\né {{ x }}", "t"))[1]
    assert (token.content, token.line, token.column) == (" x ", 2, 5)


@given(st.text(alphabet="{}%#!'\"\\ \nax", max_size=60))
def test_any_text_gives_tokens_or_a_parse_error(text):
    tokens = []
    line = 1
    try:
        tokens = list(tokenize(text, "t"))
    except ParseError as error:
        line = error.lineno
    assert 1 <= line <= text.count("\n") + 1
    assert sum(len(token.content) for token in tokens) <= len(text)


@given(st.text(max_size=200))
def test_text_with_its_marks_made_literal_comes_out_unchanged(text):
    # Of a run of braces the last two open something, so it is behind them that the mark goes.
    literal = "".join(
        character + ("!" if text[i - 1 : i] == "{" and character in "{%#" else "")
        for i, character in enumerate(text)
    )
    if "{{{" in text or "{!" in text.replace("{{!", ""):
        return
    assert Template(literal).generate() == text.encode("utf-8", "surrogatepass")


@pytest.mark.spec("S197")
@pytest.mark.parametrize(
    "hostile",
    ["{", "{{", "{%", "{#", "{{'", '{{"""', "{{{}", "}", " ", "{{ '}}\n", "\\'", "\f", "\r"],
)
def test_hostile_text_takes_linear_time(hostile):
    text = hostile * (2_000_000 // len(hostile))
    start = time.perf_counter()
    try:
        tokens = list(tokenize(text, "t"))
    except ParseError:
        tokens = []
    assert len(tokens) <= len(text)
    # Two megabytes take some tenths of a second; anything quadratic takes hours.
    assert time.perf_counter() - start < 10
