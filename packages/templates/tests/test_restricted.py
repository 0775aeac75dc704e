"""Restricted templates: what they can do, and all the ways out that there are none of."""

import datetime as dt

import pytest

from etesian.templates import DictLoader, ParseError, Template


def restricted(text, **namespace):
    return Template(text, restricted=True).generate(**namespace).decode()


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{{ x }} {{ d['a'] }} {{ l[0] }} {{ l[-1] }}", "&lt; 1 a b"),
        ("{% for a, b in d2 %}{{ a }}{{ b }}{% else %}.{% end %}", "12."),
        ("{% for a in l %}{% if a == 'b' %}{% break %}{% end %}{{ a }}{% end %}", "a"),
        ("{% if not x or 1 < 2 <= n %}y{% elif x %}z{% else %}n{% end %}", "y"),
        ("{% set y = n + 1 %}{{ y - 1 if y else 0 }}{% set a, b = l %}{{ b }}", "3b"),
        ("{{ json_encode({'a': [n]}) }}{{ url_escape(x, plus=True) }}", "{&quot;a&quot;: [3]}%3C"),
        ("{% apply squeeze %}{{ x }}  {{ x }}{% end %}", "&lt; &lt;"),
        ("{# x.y #}{% comment x.y %}{{! {% whitespace oneline %}a  b", "{{ a b"),
        ("{% block a %}{{ 'x' in l }}{{ None is None }}{% end %}", "FalseTrue"),
    ],
)
def test_it_puts_values_into_text(text, output):
    values = {"x": "<", "d": {"a": 1}, "l": ["a", "b"], "d2": [(1, 2)], "n": 3}
    assert restricted(text, **values) == output


@pytest.mark.spec("S194")
@pytest.mark.parametrize(
    "expression",
    [
        "'{0.__class__}'.format(x)",
        "'{x.__class__}'.format_map(d)",
        "x.format(x)",
        "format(x, '>9')",
        "str.format('{0.__class__}', x)",
        "d['format'](x)",
        "f'{x.__class__}'",
        "f'{x!r:>9}'",
        "'%s' % x",
        "'%1000000000d' % 1",
    ],
)
@pytest.mark.parametrize(
    "place", ["{{{{ {} }}}}", "{{% set y = {} %}}", "{{% if {} %}}{{% end %}}"]
)
def test_there_is_no_way_out_by_a_format(place, expression):
    with pytest.raises(ParseError, match="restricted"):
        Template(place.format(expression), restricted=True)


@pytest.mark.spec("S193")
@pytest.mark.parametrize(
    "expression",
    [
        "x.a",
        "x.__class__",
        "().__class__.__base__.__subclasses__()",
        "open('/etc/passwd')",
        "f()",
        "(f)(1)",
        "[f][0]()",
        "d['f']()",
        "escape(f())",
        "escape(x)(1)",
        "(escape if x else f)(1)",
        "escape(*x)",
        "escape(**d)",
        "linkify(x, extra_params=f)",
        "eval('1')",
        "__import__('os')",
        "__builtins__",
        "__builtins__['eval']",
        "_tt_names",
        "_tt_modules",
        "_private",
        "_\uff54t_names",  # what Python takes for the same name
        "\uff46()",
        "(lambda: 1)",
        "[y for y in x]",
        "{y for y in x}",
        "{y: y for y in x}",
        "(y for y in x)",
        "(y := f)",
        "[*x]",
        "{**d}",
        "x[0:1]",
        "'a' * 1000000000",
        "2 ** 1000000000",
        "1 << 1000000000",
        "x @ x",
        "x | x",
        "await x",
        "x if x else y.z",
        "d[x.y]",
        "x < y.z",
        "not x.y",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "{{{{ {} }}}}",
        "{{% set y = {} %}}",
        "{{% for a in {} %}}{{% end %}}",
        "{{% if {} %}}{{% end %}}",
    ],
)
def test_there_is_no_way_out_by_an_expression(place, expression):
    with pytest.raises(ParseError, match="restricted"):
        Template(place.format(expression), restricted=True)


@pytest.mark.spec("S193")
@pytest.mark.parametrize(
    "text",
    [
        "{% import os %}",
        "{% from os import system %}",
        "{% raw x %}",
        "{% autoescape None %}{{ x }}",
        "{% autoescape f %}{{ x }}",
        "{% module f(x) %}",
        "{% module __class__ %}",
        "{% apply f %}{% end %}",
        "{% apply x.y %}{% end %}",
        "{% apply lambda t: t %}{% end %}",
        "{% apply escape or f %}{% end %}",
        "{% while x %}{% end %}",
        "{% try %}{% except %}{% end %}",
        "{% async for a in x %}{% end %}",
        "{% unknown %}",
        "{% %}",
        "{% set x.y = 1 %}",
        "{% set x['y'] = 1 %}",
        "{% set a, x['y'] = x %}",
        "{% set x += y %}",
        "{% set x: y = 1 %}",
        "{% set del x %}",
        "{% set import os %}",
        "{% set x = 1; import os %}",
        "{% set raise x %}",
        "{% set assert x %}",
        "{% set escape = f %}",
        "{% set squeeze, y = x %}",
        "{% set with x as y: pass %}",
        "{% set for y in x: f() %}",
        "{% for escape in x %}{% end %}",
        "{% for x['a'] in y %}{% end %}",
        "{% for x.a in y %}{% end %}",
        "{% for _a in y %}{% end %}",
    ],
)
def test_there_is_no_way_out_by_a_directive(text):
    with pytest.raises(ParseError):
        Template(text, restricted=True)


@pytest.mark.spec("S193")
def test_every_file_of_a_restricted_loader_is_restricted():
    files = {"a": "{% include b %}", "b": "{{ x.y }}", "c": "{% extends b %}", "d": "{{ x }}"}
    loader = DictLoader(files, restricted=True)
    for name in ("a", "b", "c"):
        with pytest.raises(ParseError, match="restricted") as caught:
            loader.load(name)
        assert caught.value.filename == "b"
    assert loader.load("d").generate(x="<") == b"&lt;"


def test_a_restricted_text_may_extend_files_that_are_trusted():
    loader = DictLoader({"base": "<{{ x.upper() }}{% block b %}{% end %}>"})
    text = "{% extends base %}{% block b %}{{ x }}{% end %}"
    assert Template(text, loader=loader, restricted=True).generate(x="a&") == b"<A&amp;a&amp;>"
    with pytest.raises(ParseError, match="restricted"):
        Template(text.replace("{{ x }}", "{{ x.y }}"), loader=loader, restricted=True)


@pytest.mark.spec("S193")
@pytest.mark.parametrize("name", ["open", "copyright", "int", "datetime", "linkify", "Exception"])
def test_it_has_no_names_but_those_given(name):
    text = f"{{{{ {name} }}}}"
    with pytest.raises(NameError):
        Template(text, restricted=True).generate()
    assert Template(text, restricted=True).generate(**{name: "mine"}) == b"mine"
    files = {"a": "{% include b %}", "b": text}
    with pytest.raises(NameError):
        DictLoader(files, restricted=True).load("a").generate()


def test_code_in_c_that_a_value_is_made_of_may_import():
    class Value:
        # Not a method, so no frame of Python stands between the template and strftime.
        __getitem__ = dt.date(2020, 1, 2).strftime

    assert Template("{{ x['%d'] }}", restricted=True).generate(x=Value()) == b"02"


async def test_streaming_is_restricted_as_well():
    template = Template("{{ x }}", restricted=True)
    assert [part async for part in template.generate_async(x="<")] == [b"&lt;"]


def test_the_place_and_the_reason_are_told():
    with pytest.raises(ParseError, match="attribute in a restricted template") as caught:
        Template("a\n{{ x.y }}", "page.html", restricted=True)
    assert (caught.value.filename, caught.value.lineno) == ("page.html", 2)
