"""The command line, as a person or a shell script meets it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

from etesian.cli import main


def etesian(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "etesian.cli", *arguments],
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


@pytest.mark.parametrize("port", ["-1", "65536", "http", "\uff18\uff18", "1_0", ""])
def test_refuses_what_is_no_port(port):
    result = etesian("run", "program:application", f"--port={port}")
    assert result.returncode == 2
    assert f"got {port!r}, expected a number from 0 to 65535" in result.stderr


def test_says_in_one_line_why_it_cannot_serve(program):
    result = etesian("run", "program:nothing")
    assert result.returncode == 1
    assert result.stderr == "etesian: module 'program' has no 'nothing'\n"
