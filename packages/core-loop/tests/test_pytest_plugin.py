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


def test_the_fixtures_and_coroutine_tests_work_in_a_project(tmp_path: Path) -> None:
    (tmp_path / "test_project.py").write_text(TESTS)
    installed = any(point.value == MODULE for point in entry_points(group="pytest11"))
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider"]
    command += [] if installed else ["-p", MODULE]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"ASYNC_TEST_TIMEOUT": "0.5", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
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
