"""Templates written to break the compiler: each is an error with a place, or simply works."""

import contextlib
import time

import pytest

from etesian.templates import DictLoader, Loader, ParseError, Template


def render(text, **namespace):
    return Template(text).generate(**namespace).decode()


@pytest.mark.parametrize(
    "text", ["\n\ud800", "\n{{ '\udfff' }}", "\n{% \ud800 %}", "\n{# \ud800 #}", "\n{{!\ud800"]
)
def test_half_a_surrogate_pair_is_an_error_with_its_line(text):
    with pytest.raises(ParseError, match="half a surrogate pair") as caught:
        Template(text)
    assert caught.value.lineno == 2


@pytest.mark.parametrize("content", [b"a\n{{ x }}\xff", b"\xef\xbb\xbfa\n\xc3"])
def test_bytes_that_are_not_utf_8_are_an_error_with_its_line(content):
    with pytest.raises(ParseError, match="not UTF-8") as caught:
        Template(content)
    assert caught.value.lineno == 2


def test_a_byte_order_mark_is_not_text(tmp_path):
    (tmp_path / "a.html").write_text("<{% include b.html %}>", encoding="utf-8-sig")
    (tmp_path / "b.html").write_text("b{{ x }}", encoding="utf-8-sig")
    assert Loader(tmp_path).load("a.html").generate(x=1) == b"<b1>"
    assert Template("b{{ x }}".encode("utf-8-sig")).generate(x=1) == b"b1"


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("a\r\n{% if 1 %}\r\nb{% end %}{{ x\r\n + 1 }}", "a\r\n\r\nb2"),
        ("{% set y = (x,\r\n 2) %}{{ y }}", "(1, 2)"),
        ("a\0{{ x }}\0{% for i in (x, x) %}{{ i }}\0{% end %}", "a\x001\x001\x001\0"),
        ("\f{{\fx\f}}\v{%\vif x\v%}b{% end %}", "\f1\vb"),
    ],
)
def test_odd_white_space_and_nul_are_text_like_any_other(text, output):
    assert render(text, x=1) == output


@pytest.mark.parametrize(
    "text", ["{%\u00a0if x %}{% end %}", "{% if\u2003x %}{% end %}", "{%\u2028comment x %}"]
)
def test_only_ascii_white_space_divides_words(text):
    with pytest.raises(ParseError, match="unknown directive"):
        Template(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a\0b' }}",
        "{% if x\0 %}{% end %}",
        "{%\0%}",
        "{{ x; y }}",
        "{{ x\n\nimport os }}",
        "{{ y := 5 }}",
        "{{ *x }}",
        "{% if x: y %}{% end %}",
        "{% for a in b: pass\nfor a in b %}{% end %}",
        "{% while 0: pass; x # %}{% end %}",
        "{% for a in b: pass\nelse %}{% end %}",
        "{% try %}{% except E: pass\nexcept F %}{% end %}",
        "{% try %}{% except E: pass\nelse %}{% end %}",
        "{% try %}{% except E: pass\nfinally %}{% end %}",
        "{% try %}{% except E: pass\nx # %}{% end %}",
        "{% autoescape f(); import os %}{{ x }}",
        "{% from . import x %}",
        "{% from ..a import x %}",
        "{% from __future__ import annotations %}",
        "{% set x = '%}' %}",
    ],
)
def test_what_is_no_python_has_a_place(text):
    with pytest.raises(ParseError) as caught:
        Template("\n" + text)
    assert caught.value.lineno >= 1
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 10_000 + "x" + ")" * 10_000 + " }}",
        "{{ x" + ".a" * 5_000 + " }}",
        "{{ " + "-" * 100_000 + "1 }}",
        "{{ " + "lambda:" * 5_000 + "1 }}",
        "{% if 0 %}" + "{% elif 0 %}a" * 5_000 + "{% end %}",
    ],
    ids=["brackets", "attributes", "minus", "lambdas", "branches"],
)
def test_what_is_too_deep_for_python_has_a_place(text):
    # Newer versions compile some of these: then they are templates like any other.
    error = None
    try:
        Template("\n" + text)
    except ParseError as raised:
        error = raised
    assert error is None or (error.lineno >= 1 and len(str(error)) < 400)


@pytest.mark.spec("B-TPL-037")
@pytest.mark.parametrize(
    "text",
    [
        "{% set _tt_values = [] %}",
        "{% set del _tt_values %}",
        "{{ (_tt_values := 1) }}",
        "{{ [_tt_values := i for i in x] }}",
        "{% for _tt_values in x %}{% end %}",
        "{% import os as _tt_values %}",
        "{% try %}{% except E as _tt_values %}{% end %}",
        "{% set _\uff54t_values = [] %}",  # what Python takes for the same name
        "{% set class _tt_values: pass %}",
        "{% set match x:\n case _tt_values: pass %}",
        "{% set match x:\n case [*_tt_values]: pass %}",
    ],
)
def test_no_statement_binds_a_reserved_name(text):
    with pytest.raises(ParseError):
        Template(text)


def test_reserved_names_in_inner_scopes_do_no_harm():
    text = "{% for x in y %}{{ [_tt_v for _tt_v in x] }}{{ (lambda _tt_v: _tt_v)('<') }}{% end %}"
    assert render(text, y=["ab"]) == "[&#x27;a&#x27;, &#x27;b&#x27;]&lt;"


@pytest.mark.parametrize("name", ["str", "len", "type", "list", "print"])
def test_a_template_may_bind_the_names_of_builtins(name):
    text = f"{{% set {name} = 5 %}}{{% for x in y %}}{{{{ x }}}}{{% end %}}{{{{ {name} }}}}"
    assert render(text, y="<>") == "&lt;&gt;5"


def test_keywords_may_name_blocks():
    files = {
        "p": "{% block for %}1{% end %}{% block None %}2{% end %}{% block _tt_out %}3{% end %}",
        "c": "{% extends p %}{% block None %}{{ x }}{% end %}",
    }
    assert DictLoader(files).load("c").generate(x="<") == b"1&lt;3"


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{{ y }}{{ (y := 5) }}{{ y }}", "155"),
        ("{% if 0 and (y := 2) %}{% end %}{{ y }}", "1"),
        ("{{ [z := i for i in (1, 2)] }}{{ z }}", "[1, 2]2"),
        ("{{ (lambda: (y := 5))() }}{{ y }}", "51"),
        ("{% set k = 1 %}{{ [k for k in (7, 8)] }}{{ k }}", "[7, 8]1"),
        ("{% for i in (1, 2) %}{{ [i * j for j in (1, 2)] }}{% end %}", "[1, 2][2, 4]"),
        ("{% set k = 2 %}{{ list(i + k for i in range(3)) }}", "[2, 3, 4]"),
        ("{% set k = 2 %}{% apply str %}{{ (lambda n: n + k)(1) }}{% end %}", "3"),
        ("{% set del y %}{% try %}{{ y }}{% except NameError %}gone{% end %}", "gone"),
    ],
)
def test_scopes_inside_expressions_are_those_of_python(text, output):
    assert render(text, y=1) == output


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{{ f'{x!r:>{y}}' }}", "    1"),
        ("{{ f'{{}}{x}}}' }}", "{}1}"),
        ("""{{ f'{d["}}"]}' }}""", "2"),
        ("{{ '}}' + \"{{ }}\" + '''}}''' }}", "}}{{ }}}}"),
        ("{{ {'a': {'b': x}}['a']['b'] }}", "1"),
        ("{{ x # }} }}", "1 }}"),
        ("{{ x # it's\n}}", "1"),
        ("{{ '#}' }}{# '#}", "#}"),
    ],
)
def test_braces_and_quotes_inside_expressions(text, output):
    assert render(text, x=1, y=5, d={"}}": 2}) == output


def test_a_module_named_without_a_call_has_a_place_too():
    assert render("{% module a %}", _tt_modules=type("Modules", (), {"a": "<a>"})) == "<a>"


@pytest.mark.parametrize(
    "text",
    ["{{ await x }}", "{% async for a in x %}{% end %}", "{{ [a async for a in x] }}"],
)
def test_what_awaits_cannot_be_rendered_at_once(text):
    with pytest.raises(RuntimeError, match="generate_async"):
        render(text, x=1)


@pytest.mark.parametrize("name", ["sub", "a.html/b", "x" * 5_000, "\ud800", "\0"])
def test_odd_names_are_files_that_do_not_exist(tmp_path, name):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text("")
    with pytest.raises(FileNotFoundError):
        Loader(tmp_path).load(name)


def test_what_is_included_twice_at_each_of_forty_steps_meets_a_limit():
    files = {f"a{i}": f"{{% include a{i + 1} %}}" * 2 for i in range(40)} | {"a40": ""}
    with pytest.raises(ParseError, match="more than 250000 nodes"):
        DictLoader(files).load("a0")


@pytest.mark.parametrize("text", ["{{", "{%", "{#", "{", "{{!", "}}"])
def test_very_many_marks_take_linear_time(text):
    start = time.perf_counter()
    with contextlib.suppress(ParseError):
        Template(text * 200_000)
    assert time.perf_counter() - start < 20


def test_many_applies_take_linear_time():
    # The number of functions in one function once made this quadratic: two minutes.
    start = time.perf_counter()
    page = render("{% apply f %}{{ x }}{% end %}" * 3_000, f=str.upper, x="a")
    assert page == "A" * 3_000
    assert time.perf_counter() - start < 30


def test_functions_of_one_batch_are_not_mixed_up():
    inner = "".join(f"{{% apply f %}}{i},{{% end %}}" for i in range(450))
    text = (
        f"{{% apply f %}}a{{% end %}}{{% apply f %}}{inner}{{% end %}}{{% apply f %}}b{{% end %}}"
    )
    assert render(text, f=str.upper) == f"A{','.join(map(str, range(450)))},B"
