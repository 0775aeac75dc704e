from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "etesian.core_loop.pytest_plugin"

TESTS = """
import asyncio, socket
from etesian.core_loop import IOLoop, gen

loops = []

async def test_a_coroutine_runs_on_the_loop(io_loop):
    assert IOLoop.current() is io_loop
    loops.append(io_loop)
    await asyncio.sleep(0.001)

@gen.coroutine
def test_a_generator_runs_too(io_loop, tmp_path):
    assert IOLoop.current() is io_loop
    assert io_loop is not loops[0]
    assert loops[0].asyncio_loop.is_closed()
    assert tmp_path.exists()
    yield gen.sleep(0.001)

def test_a_plain_test_runs_as_ever(io_loop):
    assert io_loop.run_sync(lambda: asyncio.sleep(0.001, 5)) == 5

async def test_a_coroutine_fails_as_it_should(io_loop):
    assert False

async def test_one_that_hangs_is_ended(io_loop, monkeypatch):
    await asyncio.sleep(60)

def test_a_port_listens(unused_port_socket):
    bound, port = unused_port_socket
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
"""


LEAKS = """
import asyncio, socket
import pytest

kept = []

async def test_clean(io_loop):
    await asyncio.create_task(asyncio.sleep(0))

async def test_task(io_loop):
    kept.append(asyncio.create_task(asyncio.sleep(60)))
    await asyncio.sleep(0)

def test_socket(io_loop):
    kept.append(socket.create_server(("127.0.0.1", 0)))

@pytest.mark.etesian(leak_check=False)
async def test_that_may(io_loop):
    kept.append(asyncio.create_task(asyncio.sleep(60)))

async def test_that_fails_anyhow(io_loop):
    kept.append(asyncio.create_task(asyncio.sleep(60)))
    assert False
"""


def run_project(
    folder: Path, tests: str, *options: str, config: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the tests of a project of its own."""
    (folder / "test_project.py").write_text(tests)
    (folder / "pytest.ini").write_text(f"[pytest]\n{config}")
    installed = any(point.value == MODULE for point in entry_points(group="pytest11"))
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-rfE", "--strict-markers"]
    command += ["-p", "no:cacheprovider", *options, *([] if installed else ["-p", MODULE])]
    return subprocess.run(
        command,
        cwd=folder,
        env={"ASYNC_TEST_TIMEOUT": "0.5", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_test_that_leaves_something_behind_fails(tmp_path: Path) -> None:
    done = run_project(tmp_path, LEAKS)
    assert "1 failed, 4 passed, 2 errors" in done.stdout, done.stdout + done.stderr
    file = tmp_path / "test_project.py"
    assert f"the test left behind the pending task sleep(), made at {file}:11 " in done.stdout
    assert "the test left behind the open socket " in done.stdout
    assert f"made at {file}:15 in test_socket" in done.stdout


def test_leaks_pass_where_the_project_says_so(tmp_path: Path) -> None:
    done = run_project(tmp_path, LEAKS, config="etesian_leak_check = false")
    assert "1 failed, 4 passed" in done.stdout, done.stdout + done.stderr
    assert "error" not in done.stdout


def test_anyio_leaves_tests_with_our_loop_alone(tmp_path: Path) -> None:
    tests = """
import anyio
import pytest
from etesian.core_loop import IOLoop

@pytest.fixture
def anyio_backend():
    return "asyncio"

async def test_on_our_loop(io_loop):
    assert IOLoop.current() is io_loop

async def test_on_its_own():
    await anyio.sleep(0)
"""
    done = run_project(tmp_path, tests, config="anyio_mode = auto")
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_fixtures_and_coroutine_tests_work_in_a_project(tmp_path: Path) -> None:
    done = run_project(tmp_path, TESTS)
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert "2 failed" in done.stdout
    assert "FAILED test_project.py::test_a_coroutine_fails_as_it_should" in done.stdout
    assert "no result after 0.5 seconds" in done.stdout


def test_loading_the_plugin_loads_nothing_else() -> None:
    program = f"""
import pytest, sys
before = set(sys.modules)
import {MODULE}
new = sorted(set(sys.modules) - before)
assert new == ["etesian", "etesian.core_loop", "{MODULE}"], new
"""
    subprocess.run([sys.executable, "-c", program], check=True)
