"""What the directives do when a template runs."""

import pytest

from etesian.templates import ParseError, Template


@pytest.mark.spec("B-TPL-001")
def test_a_template_gives_bytes():
    assert Template("{{ x }}").generate(x="é") == "é".encode()
    assert Template("").generate() == b""


@pytest.mark.spec("B-TPL-002", "B-TPL-040")
@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("add(1, 2)", "3"),
        ("[y * 2 for y in (1, 2)]", "[2, 4]"),
        ("(lambda y: y + x)(1)", "3"),
        ("x if x else 0", "2"),
        ("1, 2", "(1, 2)"),
        ("f'{x:03}'", "002"),
        ("u'é'", "é"),
        ("'\\u00e9é'", "éé"),
        ("x\n+ 1", "3"),
        ("{**{'a': x}}['a']", "2"),
    ],
)
def test_an_expression_is_any_python_expression(render, expression, output):
    assert render(f"{{{{ {expression} }}}}", x=2, add=lambda a, b: a + b) == output


@pytest.mark.spec("B-TPL-003")
def test_values_become_text():
    class Thing:
        def __str__(self):
            return "<thing>"

        def __format__(self, spec):
            return "wrong"

    values = ["é", "é".encode(), 1, True, 1.5, None, Thing(), type("S", (str,), {})("s")]
    output = Template("{% for x in xs %}{{ x }};{% raw x %} {% end %}").generate(xs=values).decode()
    assert output == "é;é é;é 1;1 True;True 1.5;1.5 None;None &lt;thing&gt;;<thing> s;s "


@pytest.mark.spec("B-TPL-015")
def test_words_after_end_are_ignored(render):
    assert render("{% if x %}a{% end if %}{% for y in x %}{{ y }}{% end for y %}", x=[1]) == "a1"


@pytest.mark.spec("B-TPL-017")
def test_bodies_may_be_empty(render):
    assert (
        render("{% if 0 %}{% elif 1 %}{% else %}{% end %}{% for x in [1] %}{% else %}{% end %}")
        == ""
    )
    assert (
        render("{% while 0 %}{% end %}{% try %}{% except %}{% else %}{% finally %}{% end %}") == ""
    )
    assert (
        render("{% try %}{% finally %}{% end %}{% block a %}{% end %}{% apply str %}{% end %}")
        == ""
    )


@pytest.mark.spec("B-TPL-018")
@pytest.mark.parametrize(("x", "output"), [(0, "zero"), (1, "one"), (2, "other")])
def test_if_takes_the_first_true_branch(render, x, output):
    text = "{% if x == 0 %}zero{% elif x == 1 %}one{% elif x < 2 %}wrong{% else %}other{% end %}"
    assert render(text, x=x) == output


@pytest.mark.spec("B-TPL-019")
def test_loops_can_be_left_and_gone_on_with(render):
    loop = (
        "{% for x in range(9) %}{% if x == 1 %}{% continue %}{% elif x == 4 %}{% break %}{% end %}"
        "{{ x }}{% end %}"
    )
    assert render(loop) == "023"
    loop = "{% while xs %}{% set x = xs.pop() %}{% if not x %}{% break %}{% end %}{{ x }}{% end %}"
    assert render(loop, xs=[1, 0, 2, 3]) == "32"


def test_the_else_of_a_loop_runs_when_it_was_not_left(render):
    text = "{% for x in xs %}{% if x %}{% break %}{% end %}{% else %}none{% end %}"
    assert [render(text, xs=[0]), render(text, xs=[1])] == ["none", ""]


def test_a_loop_may_take_its_items_apart(render):
    assert (
        render("{% for i, (a, b) in enumerate(xs) %}{{ i }}{{ a }}{{ b }}{% end %}", xs=["xy"])
        == "0xy"
    )


@pytest.mark.spec("B-TPL-021")
def test_try_has_handlers_else_and_finally(render):
    text = (
        "{% try %}a{{ f() }}{% except ZeroDivisionError as e %}{{ e }}{% except %}other"
        "{% else %}fine{% finally %}!{% end %}"
    )
    assert render(text, f=lambda: 1 / 0) == "adivision by zero!"
    assert render(text, f={}.popitem) == "aother!"
    assert render(text, f=lambda: 1) == "a1fine!"


@pytest.mark.spec("B-TPL-022")
def test_set_holds_for_the_rest_of_the_function(render):
    assert (
        render("{% if 1 %}{% set a, b = 1, [2] %}{% end %}{{ a }}{% set b += [3] %}{{ b }}")
        == "1[2, 3]"
    )
    assert render("{% set f = lambda: x %}{% set x = 5 %}{{ f() }}") == "5"


def test_set_may_build_on_the_namespace(render):
    assert (
        render("{{ x }}{% set x = x + 1 %}{{ x }}{% for x in [x] %}{{ x }}{% end %}", x=1) == "122"
    )


def test_an_unknown_name_is_a_name_error_where_it_is_read(render):
    assert render("{% if 0 %}{{ nothing }}{% end %}ok") == "ok"
    with pytest.raises(NameError, match="nothing"):
        render("{{ nothing }}")


@pytest.mark.spec("B-TPL-023")
def test_modules_can_be_imported(render):
    text = "{% import os.path, json as j %}{% from math import floor as f, pi %}"
    assert render(text + "{{ os.path.basename('a/b') }}{{ j.dumps(1) }}{{ f(pi) }}") == "b13"


@pytest.mark.spec("B-TPL-024")
@pytest.mark.parametrize("function", [str.upper, lambda text: text.upper().encode()])
def test_apply_passes_the_region_through_a_function(render, function):
    assert render("a{% apply f %}b<{{ x }}{% end %}c", f=function, x="<é") == "aB<&LT;Éc"


def test_apply_takes_any_expression_for_its_function(render):
    assert (
        render("{% apply fs[0] %}a{% apply lambda t: t * 2 %}b{% end %}{% end %}", fs=[str.title])
        == "Abb"
    )


@pytest.mark.spec("B-TPL-025")
def test_what_apply_sets_stays_inside(render):
    assert (
        render("{% set x = 1 %}{% apply f %}{% set x = 2 %}{{ x }}{% end %}{{ x }}", f=str) == "21"
    )


def test_what_apply_sets_may_build_on_the_namespace(render):
    assert (
        render("{% apply f %}{{ x }}{% set x = x + 1 %}{{ x }}{% end %}{{ x }}", x=1, f=str)
        == "121"
    )


def test_apply_sees_the_names_around_it(render):
    text = "{% for x in [1, 2] %}{% apply f %}{{ x }}{% end %}{% end %}"
    assert render(text, f=lambda text: f"<{text}>") == "<1><2>"


@pytest.mark.spec("B-TPL-039")
@pytest.mark.parametrize(
    "text",
    [
        "{%\n  set\n  x\n  =\n  [1,\n 2]\n%}{{ x }}",
        "{% for\n y\n in\n [1] %}{% set x = [y,\n 2] %}{% end %}{{\n x\n }}",
        "{% if 1\n and\n 1 %}[1, 2]{% end %}",
        "{%\r\n import\r\n json\r\n%}{{ json\n.loads('[1, 2]') }}",
    ],
)
def test_directives_may_span_lines(render, text):
    assert render(text) == "[1, 2]"


@pytest.mark.spec("B-TPL-037")
def test_names_of_the_engine_are_reserved():
    for text in ("{% set _tt_out = 1 %}", "{{ (_tt_v := 1) }}", "{% import os as _tt_text %}"):
        with pytest.raises(ParseError, match="reserved"):
            Template(text)


@pytest.mark.spec("B-TPL-043")
def test_the_engines_future_imports_do_not_colour_templates(render):
    # With the __future__ annotations of the engine's modules this would be the string '1 + 1'.
    text = "{% set x: 1 + 1 = 5 %}{{ (lambda: 0).__code__.co_flags & 0x1000000 }}"
    assert render(text) == "0"


class Modules:
    def Shout(self, text, *, end="!"):  # noqa: N802 - modules are called like classes
        return f"<b>{text}{end}</b>"


@pytest.mark.spec("B-TPL-051")
def test_a_module_without_a_handler_is_a_name_error(render):
    with pytest.raises(NameError, match="_tt_modules"):
        render("{% module Shout('a') %}")


@pytest.mark.spec("B-TPL-052", "B-TPL-038")
def test_a_module_is_called_unescaped_whatever_modules_is(render):
    text = "{{ modules }}{% module Shout(modules, end='?') %}"
    assert render(text, modules="m", _tt_modules=Modules()) == "m<b>m?</b>"


def test_many_pieces_of_output_keep_their_order(render):
    text = "".join(f"{i}:{{{{ {i} }}}} " for i in range(1000))
    assert render(text) == "".join(f"{i}:{i} " for i in range(1000))


def test_the_generated_python_can_be_read():
    code = Template("<b>{{ x }}</b>").code
    compile(code, "x", "exec")
    assert "def render(" in code
    assert "<b>" in code


def test_a_keyword_may_have_any_name(render):
    assert render("{{ self }}{{ namespace }}{{ x }}", self=1, namespace=2, x=3) == "123"
