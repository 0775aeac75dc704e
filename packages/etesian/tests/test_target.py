"""From the words of the command line to an application."""

from __future__ import annotations

import pytest

from etesian.cli.target import TargetError, load_target
from etesian.web.interface import Application


@pytest.mark.parametrize("name", ["application", "make", "Names.application"])
def test_finds_an_application_or_its_maker_in_the_current_folder(program, name):
    assert isinstance(load_target(f"program:{name}"), Application)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("program", "got 'program', expected MODULE:NAME"),
        (":application", "got ':application', expected MODULE:NAME"),
        ("program:", "got 'program:', expected MODULE:NAME"),
        ("nothing:application", "there is no module 'nothing'"),
        ("nothing.at.all:application", "there is no module 'nothing.at.all'"),
        ("program:nothing", "module 'program' has no 'nothing'"),
        ("program:Names.nothing", "module 'program' has no 'Names.nothing'"),
        ("program:version", "program:version is a int, expected an Application"),
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
