"""Each directive where it stands oddly, and each where it may not stand."""

import time

import pytest

from etesian.templates import ParseError, Template


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{% set a, (b, *c) = 1, (2, 3, 4) %}{{ a }}{{ b }}{{ c }}", "12[3, 4]"),
        ("{% set a = b = 3 %}{{ a }}{{ b }}", "33"),
        ("{% set n += 1 %}{{ n }}", "4"),
        ("{% set d['k'] = n %}{{ d['k'] }}", "3"),
        ("{% set a: int = n %}{{ a }}", "3"),
        ("{% if (a := n) > 2 %}{{ a }}{% end %}", "3"),
        ("{% while (n := n - 1) %}{{ n }}{% end %}", "21"),
        ("{% for i in 'ab' %}{% set last = i %}{% end %}{{ last }}{{ i }}", "bb"),
        (
            (
                "{% while 1 %}{% for i in 'abc' %}{% if i == 'b' %}{% break %}{% end %}{{ i }}"
                "{% end %}!{% break %}{% end %}"
            ),
            "a!",
        ),
        (
            (
                "{% for i in 'abc' %}{% for j in 'xy' %}{% if j == 'y' %}{% continue %}{% end %}"
                "{{ i }}{{ j }} {% else %}.{% end %}{% end %}"
            ),
            "ax .bx .cx .",
        ),
        ("{% for i in 'ab' %}{% try %}{{ i }}{% break %}{% finally %}f{% end %}{% end %}", "af"),
        (
            "{% for i in 'ab' %}{% try %}{{ i }}{% continue %}{% finally %}f{% end %}{% end %}",
            "afbf",
        ),
        (
            (
                "{% try %}a{{ 1 // 0 }}{% except (KeyError, ArithmeticError) as e %}{{ e }}"
                "{% else %}no{% finally %}!{% end %}"
            ),
            "ainteger division or modulo by zero!",
        ),
        ("{% try %}{% try %}{{ 1 // 0 }}{% finally %}f{% end %}{% except %}e{% end %}", "fe"),
        ("{% import os.path as p, sys %}{{ p.sep }}{{ sys.maxunicode }}", "/1114111"),
        ("{% from os import (sep,\n path as p) %}{{ sep }}{{ p.sep }}", "//"),
        ("{%if n%}a{%elif d%}b{%else%}c{%end%}", "a"),
        ("{{ (lambda a, *b, c=n: (a, b, c))(1, 2) }}", "(1, (2,), 3)"),
        ("{{ [i * j for i in (1, 2) for j in (3, n) if i != j] }}", "[3, 3, 6, 6]"),
        ("{{ n, }}{{ 1, 2 }}{{ ... }}", "(3,)(1, 2)Ellipsis"),
        ("a\u2028{{ n }}\u2029{{ '\u2028' }}\x85{# \u2028 #}", "a\u20283\u2029\u2028\x85"),
    ],
)
def test_it_means_what_it_means_in_python(render, text, output):
    assert render(text, n=3, d={}) == output


@pytest.mark.parametrize(
    "text",
    [
        "{% if x: %}{% end %}",
        "{% for i in x: %}{% end %}",
        "{% for %}{% end %}",
        "{% for i %}{% end %}",
        "{% for i in %}{% end %}",
        "{% for i + 1 in x %}{% end %}",
        "{% while %}{% end %}",
        "{% try x %}{% except %}{% end %}",
        "{% try %}{% end %}",
        "{% try %}{% except* ValueError %}{% end %}",
        "{% try %}{% except %}{% except KeyError %}{% end %}",
        "{% if 1 %}{% else %}{% else %}{% end %}",
        "{% if 1 %}{% else %}{% elif 1 %}{% end %}",
        "{% if 1 %}{% except %}{% end %}",
        "{% for i in x %}{% finally %}{% end %}",
        "{% block a %}{% else %}{% end %}",
        "{% apply f %}{% break %}{% end %}",
        "{% for i in x %}{% apply f %}{% continue %}{% end %}{% end %}",
        "{% for i in x %}{% else %}{% break %}{% end %}",
        "{% block %}{% end %}",
        "{% apply %}{% end %}",
        "{% include %}",
        "{% extends %}",
        "{% raw %}",
        "{% set %}",
        "{% set 1 = 2 %}",
        "{% set yield x %}",
        "{% import %}",
        "{% from x %}",
        "{% module %}",
        "{% whitespace %}",
        "{% whitespace ALL %}",
        "{% IF x %}{% end %}",
        "{% endif %}",
        "{% if x %}{% extends a %}{% end %}",
        "{{ !x }}",
        "{{ i for i in x }}",
        "{{ yield x }}",
        "{{ 'a }}",
    ],
)
def test_where_it_may_not_stand_it_is_an_error_with_its_line(text):
    with pytest.raises(ParseError) as caught:
        Template(f"a\n\n{text}", "page.html")
    assert (caught.value.filename, caught.value.lineno) == ("page.html", 3)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("x y\n" * 2_500_000, 10_000_000),
        ("{# " + "x" * 10_000_000 + " #}a", 1),
        ("{{ '" + "x" * 10_000_000 + "' }}", 10_000_000),
        ("{{ x }}" + "<p>" * 3_000_000, 9_000_001),
    ],
    ids=["text", "comment", "string", "tags"],
)
def test_ten_megabytes_are_a_template_like_any_other(render, text, length):
    start = time.perf_counter()
    assert len(render(text, x=1)) == length
    assert time.perf_counter() - start < 20


def test_a_value_of_ten_megabytes_is_escaped(render):
    assert render("{{ x }}{{ x }}", x="<'" * 5_000_000) == "&lt;&#x27;" * 10_000_000
