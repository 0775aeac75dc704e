import pytest

from etesian.templates import DictLoader, ParseError, Template

BASE = (
    "<t>{% block title %}Base{% end %}</t>"
    "{% for x in xs %}{% block row %}[{{ x }}]{% end %}{% end %}"
)


@pytest.mark.spec("B-TPL-026")
def test_a_child_replaces_blocks_and_drops_the_rest(render_files):
    files = {
        "base": BASE,
        "child": "{% extends 'base' %}lost{% block row %}({{ x }}){% end %}{% set xs = 1 %}",
    }
    assert render_files(files, xs=[1, 2]) == "<t>Base</t>(1)(2)"


@pytest.mark.spec("B-TPL-027")
def test_inheritance_goes_over_several_levels_and_nested_blocks(render_files):
    files = {
        "a": "{% block x %}a[{% block y %}ay{% end %}]{% end %}{% block z %}az{% end %}",
        "b": "{% extends a %}{% block y %}by{% block n %}bn{% end %}{% end %}",
        "c": "{% extends b %}{% block z %}cz{% end %}{% block n %}cn{% end %}",
    }
    assert render_files(files) == "a[bycn]cz"
    files["d"] = "{% extends c %}{% block x %}dx{% block y %}dy{% end %}{% end %}"
    assert render_files(files) == "dxdycz"


def test_a_block_inside_another_directive_of_the_child_counts(render_files):
    files = {
        "a": "{% block x %}{% end %}",
        "b": "{% extends a %}{% if 0 %}{% block x %}b{% end %}{% end %}",
    }
    assert render_files(files) == "b"


def test_of_two_blocks_of_one_name_the_last_wins(render):
    assert render("{% block a %}1{% end %}{% block a %}2{% end %}") == "22"


def test_a_child_replaces_the_block_of_an_included_file(render_files):
    files = {
        "part": "({% block x %}part{% end %})",
        "base": "{% include part %}",
        "child": "{% extends base %}{% block x %}child{% end %}",
    }
    assert render_files(files) == "(child)"


def test_an_included_file_may_extend_another_one(render_files):
    files = {
        "frame": "<{% block x %}{% end %}>",
        "box": "{% extends frame %}{% block x %}box{% end %}",
        "page": "{% extends frame %}{% block x %}page {% include box %}{% end %}",
    }
    assert render_files(files) == "<page <box>>"


@pytest.mark.spec("B-TPL-028")
@pytest.mark.parametrize("text", ["{% extends 'a' %}", "x{% include 'a' %}"])
def test_other_files_need_a_loader(text):
    with pytest.raises(ParseError, match="no loader"):
        Template(text)


@pytest.mark.spec("B-TPL-029")
def test_an_included_file_shares_the_local_variables(render_files):
    files = {
        "part": "{{ x }}{% set y = x + 1 %}",
        "page": "{% for x in [1, 5] %}{% include part %}{{ y }} {% end %}",
    }
    assert render_files(files) == "12 56 "


@pytest.mark.spec("B-TPL-007")
def test_autoescape_rules_its_own_file_only(render_files):
    files = {
        "part": "{{ x }}",
        "base": "{{ x }}{% block b %}{% end %}{% include part %}",
        "page": "{% extends base %}{% block b %}{{ x }}{% include part %}{% end %}"
        "{% autoescape None %}",
    }
    assert render_files(files, x="<") == "&lt;<&lt;&lt;"


@pytest.mark.spec("B-TPL-030")
def test_names_are_relative_to_the_file_they_stand_in(render_files):
    files = {
        "top": "top",
        "sub/part": "part",
        "sub/base": "{% include 'part' %}{% block x %}{% end %}",
        "sub/deep/page": "{% extends '../base' %}{% block x %}{% include '../../top' %}{% end %}",
    }
    assert render_files(files) == "parttop"


@pytest.mark.spec("S198")
@pytest.mark.parametrize(
    "files",
    [
        {"a": "{% include a %}"},
        {"a": "{% extends a %}"},
        {"b": "{% include a %}", "a": "{% include b %}"},
        {"b": "{% extends a %}", "a": "{% extends b %}"},
        {"b": "{% block x %}{% include a %}{% end %}", "a": "{% extends b %}"},
        {
            "b": "{% block x %}{% end %}",
            "a": "{% extends b %}{% block x %}{% include a %}{% end %}",
        },
    ],
)
def test_a_circle_of_files_is_an_error_with_its_place(files):
    with pytest.raises(ParseError, match="circle") as caught:
        DictLoader(files).load("a")
    assert caught.value.filename in files
    assert caught.value.lineno == 1


def test_a_missing_file_is_an_error_where_it_is_named():
    loader = DictLoader({"a": "\n{% extends 'nowhere' %}", "b": "\n\n{% include 'nowhere' %}"})
    for name, line in (("a", 2), ("b", 3)):
        with pytest.raises(ParseError, match="nowhere") as caught:
            loader.load(name)
        assert (caught.value.filename, caught.value.lineno) == (name, line)


def test_files_that_include_two_of_the_next_meet_a_limit():
    files = {f"f{i}": f"{{% include f{i + 1} %}}" * 2 for i in range(40)} | {"f40": "x"}
    with pytest.raises(ParseError, match="more than 250000 nodes"):
        DictLoader(files).load("f0")


def test_a_long_chain_of_files_meets_a_limit():
    files = {f"f{i}": f"{{% include f{i + 1} %}}" for i in range(2000)} | {"f2000": "x"}
    with pytest.raises(ParseError, match="more than 100 deep"):
        DictLoader(files).load("f0")
    files = {f"f{i}": f"{{% extends f{i + 1} %}}" for i in range(2000)} | {"f2000": "x"}
    with pytest.raises(ParseError, match="more than 100 deep"):
        DictLoader(files).load("f0")


def test_nesting_is_counted_over_all_files():
    files = {
        f"f{i}": "{% if 1 %}" * 40 + f"{{% include f{i + 1} %}}" + "{% end %}" * 40
        for i in range(3)
    }
    with pytest.raises(ParseError, match="more than 100 deep"):
        DictLoader(files | {"f3": "x"}).load("f0")


@pytest.mark.spec("B-TPL-020")
def test_a_block_with_a_break_cannot_leave_its_loop_behind():
    files = {
        "a": "{% block x %}{% end %}",
        "b": "{% extends a %}\n{% for x in y %}{% block x %}{% break %}{% end %}{% end %}",
    }
    with pytest.raises(ParseError, match="break outside a loop") as caught:
        DictLoader(files).load("b")
    assert (caught.value.filename, caught.value.lineno) == ("b", 2)
