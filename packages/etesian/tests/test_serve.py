"""The server behind ``etesian run``: a process of its own, asked over a real socket."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from urllib.request import urlopen

import pytest


@contextmanager
def running(*arguments):
    """Run the command; give the process, and its address once it accepts connections."""
    command = [sys.executable, "-m", "etesian.cli", "run", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            address = re.search(r"http://\S+", process.stdout.readline())
            assert address, process.communicate(timeout=10)[1]
            yield process, address[0]
        finally:
            process.kill()


@pytest.mark.parametrize("options", [(), ("--uvloop",)], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_serves_until_a_signal_and_ends_cleanly(program, options, number):
    with running("program:application", "--port=0", *options) as (process, address):
        with urlopen(address, timeout=10) as response:
            assert response.read() == b"Hello, world"
        process.send_signal(number)
        _, log = process.communicate(timeout=10)
        assert process.returncode == 0
    assert "Traceback" not in log
    assert "GET /" in log


def test_a_request_that_has_begun_is_answered(program):
    with running("program:application", "--port=0") as (process, address):
        with urlopen(f"{address}/slow", timeout=10) as response:
            assert response.read(8) == b"Slowly, "
            process.terminate()
            assert response.read() == b"hello"
        assert process.wait(timeout=5) == 0


def test_listens_on_this_machine_only_unless_told(program):
    with running("program:application", "--port=0") as (_, address):
        assert address.startswith("http://127.0.0.1:")


def test_a_taken_port_is_one_line_and_status_1(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "etesian.cli", "run", "program:application", f"--port={port}"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert result.returncode == 1
    assert re.fullmatch(r"etesian: .*[Aa]ddress already in use.*\n", result.stderr)


def test_uvloop_that_is_not_there_is_named(program, monkeypatch):
    (program / "uvloop.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(program))
    result = subprocess.run(
        [sys.executable, "-m", "etesian.cli", "run", "program:application", "--uvloop"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert result.returncode == 1
    assert "uvloop is not installed" in result.stderr
