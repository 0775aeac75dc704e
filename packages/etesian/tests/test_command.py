"""The command line, as a person or a shell script meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

from etesian.cli import main


def etesian(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "etesian.cli", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_the_installed_command_is_this_one():
    (command,) = entry_points(group="console_scripts", name="etesian")
    assert command.load() is main


def test_tells_its_version():
    result = etesian("--version")
    assert (result.stdout, result.returncode) == (f"etesian {version('etesian')}\n", 0)


def test_without_a_command_shows_its_usage():
    result = etesian()
    assert result.returncode == 2
    assert result.stderr.startswith("usage: etesian")


def test_the_help_of_run_is_in_groups_and_tells_the_exit_statuses():
    text = etesian("run", "--help", COLUMNS="80").stdout
    for group in ("the application", "where it listens", "processes", "TLS", "logs"):
        assert f"\n{group}:\n" in text
    assert "Exit status: 0 ended as asked; 1 could not start" in text


@pytest.mark.parametrize("workers", [(), ("--workers=2",)], ids=["alone", "workers"])
def test_says_in_one_line_why_it_cannot_serve(program, workers):
    result = etesian("run", "program:nothing", "--port=0", *workers)
    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == "etesian: module 'program' has no 'nothing'"
    assert result.stderr.count("no 'nothing'") == 1


def test_shows_the_traceback_of_the_program_from_its_first_line(program):
    (program / "broken.py").write_text(
        "def fail():\n    raise RuntimeError('own trouble')\nfail()\n"
    )
    result = etesian("run", "broken:application")
    assert result.returncode == 1
    assert result.stderr == (
        "etesian: the application cannot be loaded\n"
        "Traceback (most recent call last):\n"
        f'  File "{program}/broken.py", line 3, in <module>\n'
        "    fail()\n"
        f'  File "{program}/broken.py", line 2, in fail\n'
        "    raise RuntimeError('own trouble')\n"
        "RuntimeError: own trouble\n"
    )


def test_shows_a_syntax_error_and_nothing_else(program):
    (program / "broken.py").write_text("def\n")
    result = etesian("run", "broken:application")
    assert result.stderr.splitlines()[:2] == [
        "etesian: the application cannot be loaded",
        f'  File "{program}/broken.py", line 1',
    ]


def test_the_environment_may_not_name_what_there_is_not(program):
    result = etesian("run", "program:application", ETESIAN_RUN_PROT="80")
    assert result.returncode == 2
    assert "the environment has ETESIAN_RUN_PROT, but there is no such option" in result.stderr
