import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.templates import ParseError, Template

BAD_STRUCTURE = [
    ("{% nope %}", "unknown directive 'nope'"),
    ("{% if(x) %}{% end %}", "unknown directive"),
    ("{% %}", "empty directive"),
    ("{{ }}", "empty expression"),
    ("{% if x %}", "if has no {% end %}"),
    ("{% block a %}{% if x %}{% end %}", "block has no {% end %}"),
    ("{% end %}", "nothing to end"),
    ("{% if 1 %}{% end %}{% end %}", "nothing to end"),
    ("{% else %}", "outside any construct"),
    ("{% for x in y %}{% elif z %}{% end %}", "elif inside for"),
    ("{% if x %}{% except %}{% end %}", "except inside if"),
    ("{% while x %}{% finally %}{% end %}", "finally inside while"),
    ("{% if x %}{% else %}{% else %}{% end %}", "else after else"),
    ("{% if x %}{% else %}{% elif y %}{% end %}", "elif after else"),
    ("{% try %}{% finally %}{% except %}{% end %}", "except after finally"),
    ("{% try %}{% end %}", "neither except nor finally"),
    ("{% try %}{% else %}{% finally %}{% end %}", "else but no except"),
    ("{% try x %}{% except %}{% end %}", "takes no argument"),
    ("{% if x %}{% else if y %}{% end %}", "takes no argument"),
    ("{% if x %}{% elif %}{% end %}", "needs a condition"),
    ("{% if %}{% end %}", "needs an argument"),
    ("{% apply %}{% end %}", "needs an argument"),
    ("{% block %}{% end %}", "needs an argument"),
    ("{% set %}", "needs an argument"),
    ("{% raw %}", "needs an argument"),
    ("{% module %}", "needs an argument"),
    ("{% include %}", "needs an argument"),
    ("{% extends %}", "needs an argument"),
    ("{% import %}", "needs an argument"),
    ("{% break %}", "outside a loop"),
    ("{% if x %}{% continue %}{% end %}", "outside a loop"),
    ("{% for x in y %}{% apply f %}{% break %}{% end %}{% end %}", "outside a loop"),
    ("{% for x in y %}{% else %}{% break %}{% end %}", "outside a loop"),
    ("{% whitespace nope %}", "whitespace mode"),
    ("{% if 1 %}{% extends a %}{% end %}", "inside another directive"),
    ("{% extends a %}{% extends b %}", "one other at most"),
    (f"{{% {'x' * 1_000_000} %}}", "x..."),
]


@pytest.mark.spec("B-TPL-013", "B-TPL-014", "B-TPL-016", "B-TPL-020", "B-TPL-047", "B-TPL-049")
@pytest.mark.parametrize(("text", "message"), BAD_STRUCTURE)
def test_directives_that_do_not_fit_are_an_error_with_file_and_line(text, message):
    with pytest.raises(ParseError) as caught:
        Template(f"\n\n{text}", name="page.html")
    assert message in str(caught.value)
    assert str(caught.value).endswith("at page.html:3")
    assert (caught.value.filename, caught.value.lineno) == ("page.html", 3)


BAD_PYTHON = [
    "{{ a) + (b }}",
    "{{ a\n) + (b }}",
    "{{ x for x in y }}",
    "{{ x = 1 }}",
    "{{ yield x }}",
    "{{ (yield x) }}",
    "{{ lambda: (yield) }}",
    "{{ class }}",
    "{{ \0 }}",
    "{{ \ud800 }}",
    "{{ " + "(" * 5000 + " }}",
    "{{ " + "-" * 100_000 + "x }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ x" + ".a" * 100_000 + " }}",
    "{% set return %}",
    "{% set global x %}",
    "{% set while 1: break %}",
    "{% set _tt_out = 1 %}",
    "{% set (x %}",
    "{% for _tt_x in y %}{% end %}",
    "{% for x in y: z %}{% end %}",
    "{% for x %}{% end %}",
    "{% while %}{% end %}",
    "{% while 1: x; while 2 %}{% end %}",
    "{% async while x %}{% end %}",
    "{% async with x %}{% end %}",
    "{% if x: %}{% end %}",
    "{% if x = 1 %}{% end %}",
    "{% try %}{% except A as %}{% end %}",
    "{% import os; x %}{{ ( }}",
    "{% from os import * %}",
    "{% apply a b %}{% end %}",
    "{% module 1) + (2 %}",
]


@pytest.mark.parametrize("text", BAD_PYTHON, ids=lambda text: text[:30].encode("ascii", "replace"))
def test_python_that_does_not_stand_alone_is_an_error(text):
    with pytest.raises(ParseError) as caught:
        Template(f"\n{text}")
    assert caught.value.lineno == 2
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "construct", ["{% if 1 %}", "{% block a %}", "{% apply f %}", "{% for x in y %}", "{% try %}"]
)
def test_nesting_has_a_limit(construct):
    with pytest.raises(ParseError, match="more than 100 deep"):
        Template(construct * 10_000)


def test_what_is_nested_below_the_limit_compiles(render):
    assert render("{% if 1 %}" * 99 + "x" + "{% end %}" * 99) == "x"
    assert render("{% apply f %}" * 60 + "x" + "{% end %}" * 60, f=str) == "x"


@pytest.mark.parametrize("opening", ["{% for x in [1] %}", "{% try %}"])
def test_more_loops_and_tries_than_python_allows_are_an_error(opening):
    with pytest.raises(ParseError):
        Template(
            opening * 30 + "x" + "{% finally %}{% end %}" * 30
            if "try" in opening
            else opening * 30 + "x" + "{% end %}" * 30
        )


def test_very_many_branches_are_rendered_or_refused(render):
    text = (
        "{% if x == 0 %}" + "".join(f"{{% elif x == {i} %}}{i}" for i in range(1, 60)) + "{% end %}"
    )
    assert render(text, x=59) == "59"
    with pytest.raises(ParseError):
        Template("{% if x %}" + "{% elif x %}" * 20_000 + "{% end %}")


def test_ten_megabytes_of_text_are_a_template(render):
    text = "lorem ipsum dolor " * (10 * 1024 * 1024 // 18)
    assert render(text) == text


@given(
    st.lists(
        st.sampled_from(
            [
                "{% if 1 %}",
                "{% for x in y %}",
                "{% try %}",
                "{% else %}",
                "{% elif 0 %}",
                "{% except %}",
                "{% finally %}",
                "{% end %}",
                "{% break %}",
                "{% block a %}",
                "{% apply f %}",
                "{{ x }}",
                "text",
                "{% set z = 1 %}",
                "{% raw x %}",
            ]
        ),
        max_size=12,
    )
)
def test_any_sequence_of_directives_is_a_template_or_a_parse_error(pieces):
    try:
        template = Template("".join(pieces))
    except ParseError:
        template = Template("")
    assert isinstance(template.generate(x=1, y=[1], f=str), bytes)
