"""The program under test is a process: it replaces itself."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from etesian.core_loop.autoreload.files import WatchedFiles, is_runnable
from etesian.core_loop.testing import ExpectLog

if TYPE_CHECKING:
    from collections.abc import Iterator

# The loop's own way of watching: in an environment with watchfiles, the one without it.
POLL_ONLY = "import sys; sys.modules['watchfiles'] = None\n"


class Program:
    """A process that runs a script in a folder, and what it prints."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def error_line_with(self, text: str) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if text in line:
                return line
        raise AssertionError(f"no line with {text!r}")

    def write(self, name: str, text: str) -> None:
        # Whole at once, as editors do, and not within the tick of the file system's clock.
        time.sleep(0.02)
        new = self.folder / f"{name}.new"
        new.write_text(textwrap.dedent(text))
        new.rename(self.folder / name)


@contextlib.contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Program]:
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
    ) as process:
        try:
            yield Program(process, folder)
        finally:
            process.kill()


SERVER = """
import sys
import part
from etesian.core_loop import IOLoop, autoreload
autoreload.add_reload_hook(lambda: print("hook"))
autoreload.watch("watched.txt")
IOLoop.current().add_callback(autoreload.start, check_time=20)
IOLoop.current().call_later(0.1, lambda: print(part.VALUE, sys.argv[1:], sys.flags.optimize))
IOLoop.current().start()
"""


@pytest.mark.spec("B-UTIL-069")
@pytest.mark.spec("B-UTIL-070")
@pytest.mark.spec("B-UTIL-073")
@pytest.mark.spec("S188")
@pytest.mark.parametrize("prefix", ["", POLL_ONLY], ids=["as installed", "polling"])
def test_a_program_starts_anew_when_a_file_changes(tmp_path: Path, prefix: str) -> None:
    (tmp_path / "part.py").write_text("VALUE = 1\n")
    (tmp_path / "watched.txt").write_text("")
    (tmp_path / "server.py").write_text(prefix + SERVER)
    with running(tmp_path, "-O", "server.py", "--an=argument", "b c") as program:
        assert program.line() == "1 ['--an=argument', 'b c'] 1"
        program.write("part.py", "VALUE = 2\n")
        assert program.line() == "hook"
        assert program.line() == "2 ['--an=argument', 'b c'] 1"
        program.write("watched.txt", "changed")
        assert program.line() == "hook"
        assert program.line() == "2 ['--an=argument', 'b c'] 1"


@pytest.mark.spec("B-UTIL-072")
def test_a_syntax_error_is_waited_out(tmp_path: Path) -> None:
    (tmp_path / "part.py").write_text("VALUE = 1\n")
    (tmp_path / "watched.txt").write_text("")
    (tmp_path / "server.py").write_text(SERVER)
    with running(tmp_path, "server.py") as program:
        assert program.line().startswith("1 ")
        program.write("part.py", "VALUE = = 2\n")
        assert "part.py" in program.error_line_with("Not restarting")
        program.write("watched.txt", "another change does not restart into the broken file")
        assert program.process.poll() is None
        program.write("part.py", "VALUE = 3\n")
        assert program.line() == "hook"
        assert program.line().startswith("3 ")


@pytest.mark.spec("B-UTIL-071")
@pytest.mark.spec("B-UTIL-072")
@pytest.mark.spec("B-UTIL-075")
@pytest.mark.spec("B-UTIL-076")
def test_the_wrapper_reruns_a_script_also_after_errors(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "beside.py").write_text("VALUE = 'found beside the script'\n")
    (folder / "script.py").write_text(
        "import beside, sys\n"
        "def f(x: undefined_name_is_evaluated_without_the_wrappers_future_import = 1): ...\n"
    )
    with running(
        tmp_path, "-m", "etesian.core_loop.autoreload", "elsewhere/script.py", "argument"
    ) as program:
        program.error_line_with("NameError")
        program.write("elsewhere/script.py", "import beside, sys\nprint(beside.VALUE, sys.argv)\n")
        assert program.line() == "found beside the script ['elsewhere/script.py', 'argument']"
        program.write("elsewhere/script.py", "print(1\n")
        program.error_line_with("SyntaxError")
        program.write("elsewhere/beside.py", "VALUE = = 1\n")
        program.write("elsewhere/script.py", "import beside\n")
        program.error_line_with("beside.py")
        program.write("elsewhere/beside.py", "print('mended')\n")
        assert program.line() == "mended"


@pytest.mark.spec("B-UTIL-071")
def test_the_wrapper_reruns_a_module(tmp_path: Path) -> None:
    package = tmp_path / "some_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("from . import part\nprint(part.__name__, __name__)\n")
    (package / "part.py").write_text("")
    with running(tmp_path, "-m", "etesian.core_loop.autoreload", "-m", "some_package") as program:
        assert program.line() == "some_package.part __main__"
        program.write("some_package/__main__.py", "print('again')\n")
        assert program.line() == "again"


def test_until_success_ends_with_the_first_good_run(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import sys\nsys.exit(3)\n")
    wrapper = ("-m", "etesian.core_loop.autoreload", "--until-success")
    with running(tmp_path, *wrapper, "script.py") as program:
        time.sleep(0.5)
        assert program.process.poll() is None
        program.write("script.py", "print('good')\n")
        assert program.line() == "good"
        assert program.process.wait(timeout=10) == 0
    with running(tmp_path, *wrapper) as program:
        assert program.process.wait(timeout=10) == 2
        program.error_line_with("Usage: python -m etesian.core_loop.autoreload")


@pytest.mark.spec("B-UTIL-068")
def test_a_second_start_does_nothing_and_one_on_a_second_loop_warns(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("""
from etesian.core_loop import IOLoop, autoreload
first, second = IOLoop(make_current=True), IOLoop(make_current=False)
for loop in (first, first, second):
    print("start")
    loop.run_sync(autoreload.start)
""")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr.count("more than one event loop") == 1


@pytest.mark.spec("B-UTIL-077")
def test_descriptors_are_not_inherited(tmp_path: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("this system does not list descriptors")
    (tmp_path / "script.py").write_text("""
import os, socket
from etesian.core_loop import autoreload
keep = [socket.socket() for _ in range(20)]
print(len(os.listdir("/proc/self/fd")))
autoreload.wait()
""")
    with running(tmp_path, "script.py") as program:
        first = int(program.line())
        time.sleep(0.5)
        program.write("script.py", (tmp_path / "script.py").read_text() + "\n")
        assert int(program.line()) <= first + 1


@pytest.mark.spec("B-UTIL-074")
def test_a_module_that_imports_when_looked_at_breaks_nothing() -> None:
    class Awkward:
        def __getattr__(self, name: str) -> str:
            sys.modules[f"etesian_made_by_{name}"] = self
            raise RuntimeError(name)

    sys.modules["etesian_awkward"] = Awkward()
    try:
        assert pytest.__file__ in list(WatchedFiles().paths())
        assert WatchedFiles().changed() == []
    finally:
        for name in [name for name in sys.modules if name.startswith("etesian_")]:
            del sys.modules[name]


def test_changes_are_told_once(tmp_path: Path) -> None:
    files = WatchedFiles()
    path = tmp_path / "file"
    path.write_text("1")
    files.add(path)
    assert files.changed() == []
    os.utime(path, ns=(1, 1))
    assert files.changed() == [str(path)]
    assert files.changed() == []
    path.unlink()
    assert files.changed() == []
    path.write_text("2")
    assert files.changed() == [str(path)]


def test_a_file_is_runnable_unless_python_cannot_read_it(tmp_path: Path) -> None:
    for name, text, expected in (
        ("a.txt", "= =", True),
        ("a.py", "x = 1", True),
    ):
        (tmp_path / name).write_text(text)
        assert is_runnable(str(tmp_path / name)) is expected
    assert not is_runnable(str(tmp_path / "missing.py"))
    for text in ("= =", "x = '\x00'", "# coding: nonsense"):
        (tmp_path / "a.py").write_text(text)
        with ExpectLog("etesian.general", "Not restarting"):
            assert not is_runnable(str(tmp_path / "a.py"))
