import linecache
import logging
import traceback

import pytest

from etesian.templates import DictLoader, Loader, Template

FILES = {
    "base.html": "<html>\n{% block body %}{% end %}\n{% include 'part.html' %}\n{{ base() }}",
    "part.html": "part\n\n  é {{ part() }}{% apply f %}\n{{ inside() }}{% end %}",
    "page.html": "{% extends 'base.html' %}\n\n{% block body %}\n<b>{{ 1 + page() }}</b>{% end %}",
}


def failing(name):
    namespace = {"base": str, "part": str, "page": int, "inside": str, "f": str}

    def fail():
        raise ZeroDivisionError("here")

    return namespace | {name: fail}


def template_entry(error, name):
    entries = traceback.extract_tb(error.__traceback__)
    (entry,) = (entry for entry in entries if entry.filename.endswith(name))
    return entry


@pytest.mark.spec("B-TPL-041")
@pytest.mark.parametrize(
    ("fails", "name", "line", "text", "columns"),
    [
        ("base", "base.html", 4, "{{ base() }}", "base()"),
        ("part", "part.html", 3, "é {{ part() }}{% apply f %}", "part()"),
        ("page", "page.html", 4, "<b>{{ 1 + page() }}</b>{% end %}", "page()"),
        ("inside", "part.html", 4, "{{ inside() }}{% end %}", "inside()"),
    ],
)
@pytest.mark.parametrize("kind", ["dict", "folder"])
def test_a_traceback_shows_file_line_text_and_columns(
    tmp_path, use_c, kind, fails, name, line, text, columns
):
    for file, content in FILES.items():
        (tmp_path / file).write_text(content, encoding="utf-8")
    options = {"use_c": use_c}
    loader = DictLoader(FILES, **options) if kind == "dict" else Loader(tmp_path, **options)
    with pytest.raises(ZeroDivisionError) as caught:
        loader.load("page.html").generate(**failing(fails))
    entries = [
        e for e in traceback.extract_tb(caught.value.__traceback__) if e.filename.endswith(name)
    ]
    entry = entries[-1]
    assert (entry.lineno, entry.line) == (line, text)
    whole = FILES[name].split("\n")[line - 1].encode()
    assert whole[entry.colno : entry.end_colno].decode() == columns
    if kind == "folder":
        assert entry.filename == str(tmp_path / name)


def test_the_rest_of_the_traceback_stays():
    with pytest.raises(ZeroDivisionError) as caught:
        DictLoader(FILES).load("page.html").generate(**failing("page"))
    names = [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)]
    assert names[0] == "test_the_rest_of_the_traceback_stays"
    assert names[-2:] == ["render", "fail"]


def test_a_debugger_finds_the_templates_variables():
    text = "{% for x in [1, 0] %}\n{% include part %}{% end %}"
    with pytest.raises(ZeroDivisionError) as caught:
        DictLoader({"part": "\n{{ 1 // x }}", "page": text}).load("page").generate(y=5)
    entry = caught.value.__traceback__
    while entry.tb_next:
        entry = entry.tb_next
    assert entry.tb_frame.f_code.co_filename == "part"
    assert entry.tb_lineno == 2
    assert entry.tb_frame.f_locals["x"] == 0
    assert entry.tb_frame.f_globals["y"] == 5


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n{{ [1 // y for y in [0]] }}", 2),
        ("\n\n{{ (lambda: 1 // 0)() }}", 3),
        ("{{\n1\n//\n0 }}", 2),
        ("a\n{% for x in 1 // 0 %}{% end %}", 2),
        ("a\n{% while 1 // 0 %}{% end %}", 2),
        ("{% if 0 %}\n{% elif 1 // 0 %}{% end %}", 2),
        ("\n{% set x = 1 // 0 %}", 2),
        ("{% try %}\n{{ 1 // 0 }}{% except KeyError %}\n{% end %}", 2),
        ("{% try %}{{ nope }}\n{% except 1 // 0 %}{% end %}", 2),
        ("\n{% raw 1 // 0 %}", 2),
        ("\n{% apply (lambda t: 1 // 0) %}\n{% end %}", 2),
    ],
)
def test_every_directive_has_its_line(use_c, text, line):
    with pytest.raises(ZeroDivisionError) as caught:
        Template(text, name="page.html", use_c=use_c).generate()
    entries = [
        e for e in traceback.extract_tb(caught.value.__traceback__) if e.filename == "page.html"
    ]
    assert {entry.lineno for entry in entries} == {line}
    assert entries[0].line == text.split("\n")[line - 1].strip()


@pytest.mark.parametrize("kind", ["dict", "folder"])
@pytest.mark.parametrize(
    "before",
    ["a\u2028b\x0bc\x85d\x1ce\n\f", "a\r\nb\r\n", "a\rb\r\n", "# coding: latin-1\n\n", "\0\n"],
    ids=ascii,
)
def test_only_a_line_feed_ends_a_line(tmp_path, kind, before):
    files = {"page": f"{before}{{{{ 1 // 0 }}}} é", "around": "\n{% include page %}"}
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode())
    loader = DictLoader(files) if kind == "dict" else Loader(tmp_path)
    for name in files:
        with pytest.raises(ZeroDivisionError) as caught:
            loader.load(name).generate()
        entry = traceback.extract_tb(caught.value.__traceback__)[-1]
        assert (entry.lineno, entry.line) == (before.count("\n") + 1, "{{ 1 // 0 }} é")


def test_a_traceback_shows_the_text_that_was_compiled(tmp_path):
    (tmp_path / "page").write_text("\n{{ 1 // 0 }}")
    template = Loader(tmp_path).load("page")
    (tmp_path / "page").write_text("\nanother text by now")
    with pytest.raises(ZeroDivisionError) as caught:
        template.generate()
    assert template_entry(caught.value, "page").line == "{{ 1 // 0 }}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n{% try %}\n{{ 1 / 0 }}{% except ZeroDivisionError %}{{ nothing }}{% end %}", 3),
        (
            "{% try %}\n{{ 1 / 0 }}{% except Exception as e %}{% set raise f() from e %}{% end %}",
            2,
        ),
        ("{% try %}\n{{ 1 / 0 }}{% except ZeroDivisionError as e %}\n{{ group(e) }}{% end %}", 2),
    ],
    ids=["context", "cause", "group"],
)
def test_what_an_exception_came_from_has_its_place_too(text, line):
    def group(error):
        raise ExceptionGroup("all", [error]) from None

    loader = DictLoader({"page.html": "\n\n\n\n\n{% include part.html %}", "part.html": text})
    with pytest.raises((NameError, KeyError, ExceptionGroup)) as caught:
        loader.load("page.html").generate(f=KeyError, group=group)
    error = caught.value
    inner = error.__cause__ or error.__context__
    for each in (inner, *getattr(error, "exceptions", ())):
        (entry,) = traceback.extract_tb(each.__traceback__)
        assert (entry.filename, entry.lineno) == ("part.html", line)
        assert "{{ 1 / 0 }}" in entry.line


def test_an_exception_that_comes_from_itself_ends():
    def fail():
        one, other = KeyError(1), ValueError(2)
        one.__context__, other.__context__ = other, one
        raise one

    with pytest.raises(KeyError):
        Template("{{ fail() }}").generate(fail=fail)


def test_an_unnamed_template_has_its_text_too():
    with pytest.raises(NameError) as caught:
        Template("\n{{ nothing }}").generate()
    entry = template_entry(caught.value, "<template>")
    assert (entry.lineno, entry.line) == (2, "{{ nothing }}")


def test_rendering_that_succeeds_leaves_no_trace():
    Template("{{ 1 }}", name="nothing-happened.html").generate()
    assert "nothing-happened.html" not in linecache.cache


@pytest.mark.spec("B-TPL-042")
def test_errors_log_nothing(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(NameError):
        Template("{{ nothing }}").generate()
    assert not caplog.records
    assert capfd.readouterr() == ("", "")
