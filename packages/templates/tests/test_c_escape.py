"""The escape in C: the same bytes as in Python, and no harm where there is none, or another."""

import subprocess
import sys
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.templates import DictLoader, Template, escape_library, xhtml_escape
from etesian.templates.__main__ import main
from etesian.templates.c_escape import c_escape, find_c_escape

PAGE = "{% for x in xs %}<a title='{{ x }}'>{{ x }}</a>{% raw y %}{% end %}&{{ xs }}"


def test_it_is_in_use_where_the_library_is_installed():
    assert escape_library() == "markupsafe"
    assert "_tt_c_escape(_tt_v)" in Template(PAGE).code
    assert "_tt_c_escape(_tt_v)" in DictLoader({"a": PAGE}).load("a").code


def test_it_can_be_left_out():
    assert "_tt_c_escape(_tt_v)" not in Template(PAGE, use_c=False).code
    loader = DictLoader({"a": PAGE}, use_c=False)
    assert "_tt_c_escape(_tt_v)" not in loader.load("a").code
    assert "_tt_c_escape(_tt_v)" not in Template(PAGE, loader=loader).code


@given(st.lists(st.text()), st.text())
def test_the_bytes_are_those_of_python(xs, y):
    values = {"xs": xs, "y": y}
    assert Template(PAGE).generate(**values) == Template(PAGE, use_c=False).generate(**values)


@given(st.text(alphabet="&#349;<>\"'x\u00e9\u4e16\U0001f300\0") | st.integers() | st.floats())
def test_one_value_is_what_the_documented_function_gives(x):
    assert Template("&#{{ x }}'").generate(x=x).decode() == f"&#{xhtml_escape(str(x))}'"


@pytest.mark.parametrize("use_c", [False, True])
def test_half_a_surrogate_pair_in_a_value_is_the_same_error(use_c):
    with pytest.raises(UnicodeEncodeError):
        Template(PAGE, use_c=use_c).generate(xs=["\ud800'"], y="")


@pytest.mark.parametrize("use_c", [False, True])
@pytest.mark.parametrize("text", ["{{ x }}", "{% for i in [1] %}{{ x }}{% end %}"])
def test_a_number_too_long_to_be_written_has_its_line(use_c, text):
    with pytest.raises(ValueError, match="digits") as caught:
        Template(f"\n\n{text}", use_c=use_c).generate(x=10**10_000)
    entry = caught.value.__traceback__
    lines = []
    while entry is not None:
        lines.append((entry.tb_frame.f_code.co_filename, entry.tb_lineno))
        entry = entry.tb_next
    assert ("<template>", 3) in lines


def _library(escape):
    module = ModuleType("markupsafe._speedups")
    module._escape_inner = escape
    return module


class _Markup(str):
    __slots__ = ()


def _fail(text):
    raise RuntimeError(text)


@pytest.mark.parametrize(
    "library",
    [
        None,
        ModuleType("markupsafe._speedups"),
        _library(None),
        _library(_fail),
        _library(lambda text: text),
        _library(lambda text: text.encode()),
        _library(xhtml_escape),
        _library(lambda text: _Markup(c_escape(text))),
    ],
    ids=["none", "empty", "no function", "failing", "idle", "bytes", "respelled", "a subclass"],
)
def test_what_is_missing_or_does_something_else_is_not_used(monkeypatch, library):
    assert find_c_escape() is not None
    monkeypatch.setitem(sys.modules, "markupsafe._speedups", library)
    assert find_c_escape() is None


def test_without_the_library_all_is_python():
    code = (
        "import sys; sys.modules['markupsafe'] = None\n"
        "from etesian.templates import Template, escape_library\n"
        "print(escape_library(), Template('{{ x }}{% for y in x %}{{ y }}{% end %}', use_c=True)"
        ".generate(x='<').decode())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "None &lt;&lt;\n"


def test_the_command_says_what_escapes(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert "escapes in C, by markupsafe 3" in capsys.readouterr().out
