"""The chat as its users meet it: a process that listens on a port."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

SERVER = Path(__file__).parents[1] / "server.py"


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _serve(*options, log=None):
    """Run the server, give its address, stop it as Ctrl-C does and look at how it ended.

    The list `log`, if given, has the lines of its log afterwards.
    """
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, SERVER, "--port", str(port), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    try:
        announced = process.stdout.readline()
        if not announced:
            pytest.fail(process.communicate(timeout=10)[1])
        assert f"http://localhost:{port}" in announced
        yield f"http://localhost:{port}"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
        assert output == "Stopped.\n"
        assert "Traceback" not in errors
        assert process.returncode == 0
        if log is not None:
            log += errors.splitlines()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def serve():
    """Give a context manager that runs the chat with options of its command line."""
    return _serve
