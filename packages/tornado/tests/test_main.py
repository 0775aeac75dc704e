from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import etesian.tornado

PROGRAMS = Path(__file__).parent / "programs"


def run(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "etesian.tornado", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
    )


@pytest.mark.parametrize("as_module", [False, True], ids=["script", "module"])
def test_a_program_sees_what_the_plain_interpreter_would_show(as_module):
    if as_module:
        done = run("-m", "environment", "--x", "y", cwd=PROGRAMS)
    else:
        done = run(str(PROGRAMS / "environment.py"), "--x", "y")
    assert done.returncode == 3, done.stderr
    seen = json.loads(done.stdout)
    assert os.path.realpath(seen["argv"][0]) == os.path.realpath(PROGRAMS / "environment.py")
    assert seen["argv"][1:] == ["--x", "y"]
    assert os.path.realpath(seen["path0"]) == os.path.realpath(PROGRAMS)
    assert os.path.realpath(seen["file"]) == os.path.realpath(PROGRAMS / "environment.py")
    assert seen["name"] == "__main__"
    assert all(seen[what] for what in ("same", "main", "version"))
    assert seen["spec"] == "etesian.tornado.web"


@pytest.mark.spec("B-UTIL-067")
def test_the_version_has_four_elements_and_ends_in_zero():
    major, minor, patch, last = etesian.tornado.version_info
    assert last == 0
    assert etesian.tornado.version == f"{major}.{minor}"
    assert patch >= 0


@pytest.mark.parametrize("arguments", [[], ["-m"], ["--unknown"]])
def test_a_wrong_call_is_told_the_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m etesian.tornado SCRIPT")


def test_help():
    done = run("--help")
    assert done.returncode == 0
    assert "-m MODULE" in done.stdout


def test_a_script_that_is_not_there_is_named():
    done = run("/nowhere/at-all.py")
    assert done.returncode == 1
    assert "at-all.py" in done.stderr
