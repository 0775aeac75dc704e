"""From the words of the command line to an application."""

from __future__ import annotations

import pytest

from etesian.cli.target import TargetError, load_target
from etesian.web import WSGIContainer
from etesian.web.interface import Application


@pytest.mark.parametrize("name", ["application", "make", "Names.application", "ROUTES"])
def test_finds_an_application_or_what_makes_one_in_the_current_folder(program, name):
    assert isinstance(load_target(f"program:{name}"), Application)


def test_another_folder_may_be_searched(program, monkeypatch):
    (program / "below").mkdir()
    monkeypatch.chdir(program / "below")
    assert isinstance(load_target("program:application", app_dir=".."), Application)


@pytest.mark.parametrize(("name", "options"), [("wsgi", {}), ("wsgi_of_anything", {"wsgi": True})])
def test_finds_a_wsgi_application(program, name, options):
    assert isinstance(load_target(f"program:{name}", **options), WSGIContainer)


def test_what_is_called_may_give_a_wsgi_application(program):
    (program / "factory.py").write_text("from program import wsgi\nmake = lambda: wsgi\n")
    assert isinstance(load_target("factory:make"), WSGIContainer)


def test_is_told_to_call_what_could_be_something_else(program):
    assert isinstance(load_target("program:make_one_of", factory=True), Application)
    with pytest.raises(TargetError, match="is an int, expected a function"):
        load_target("program:version", factory=True)


@pytest.mark.parametrize("name", ["asgi", "asgi_object"])
def test_says_that_asgi_is_not_served(program, name):
    with pytest.raises(TargetError, match="probably an ASGI application"):
        load_target(f"program:{name}")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("program", "got 'program', expected MODULE:NAME"),
        (":application", "got ':application', expected MODULE:NAME"),
        ("program:", "got 'program:', expected MODULE:NAME"),
        ("../program:application", "expected a module as import names it"),
        (".program:application", "expected a module as import names it"),
        ("nothing:application", "there is no module 'nothing'"),
        ("nothing.at.all:application", "there is no module 'nothing.at.all'"),
        ("program.py:nothing", "the module in program.py is 'program'"),
        ("program:nothing", "module 'program' has no 'nothing'"),
        ("program:Names.nothing", "module 'program' has no 'Names.nothing'"),
        ("program:version", "program:version is an int, expected an Application"),
    ],
)
def test_says_what_it_looked_for(program, target, message):
    with pytest.raises(TargetError, match=message):
        load_target(target)


def test_leaves_the_errors_of_the_program_alone(program):
    with pytest.raises(RuntimeError, match="own trouble"):
        load_target("program:fail")
    (program / "broken.py").write_text("import there_is_no_such_module")
    with pytest.raises(ModuleNotFoundError, match="there_is_no_such_module"):
        load_target("broken:application")
    (program / "package").mkdir()
    (program / "package" / "__init__.py").write_text("import there_is_no_such_module")
    with pytest.raises(ModuleNotFoundError, match="there_is_no_such_module"):
        load_target("package.module:application")
