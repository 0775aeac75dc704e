from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from etesian.core_loop.interface import api as core_loop
from etesian.http_wire.interface import api as http_wire
from etesian.tornado.defaults import choose_defaults

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(autouse=True)
def chosen_defaults():
    """What ``install()`` chooses for the process holds for the test alone."""
    interfaces = [core_loop.IOLoop, http_wire.AsyncHTTPClient]
    before = [interface.configured_class() for interface in interfaces]
    choose_defaults()
    yield
    for interface, choice in zip(interfaces, before, strict=True):
        interface.configure(choice)


class Running:
    """A program under the bridge; its standard output is read line by line."""

    def __init__(self, process):
        self.process = process

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def port(self):
        word, port = self.line().split()
        assert word == "port"
        return int(port)


def command(program, *arguments):
    return [sys.executable, "-m", "etesian.tornado", str(PROGRAMS / program), *map(str, arguments)]


@pytest.fixture
def start():
    """Start a program that goes on until the test ends."""
    with contextlib.ExitStack() as stack:

        def start_one(program, *arguments):
            process = stack.enter_context(
                subprocess.Popen(
                    command(program, *arguments),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
            stack.callback(process.kill)
            return Running(process)

        yield start_one


@pytest.fixture
def run():
    """Run a program to its end; give what it printed and its exit status."""

    def run_one(program, *arguments):
        done = subprocess.run(
            command(program, *arguments), capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return run_one


@pytest.fixture
def python():
    """Run a piece of Python in a process of its own; it must end well. Give what it printed."""

    def run_code(code, *options):
        done = subprocess.run(
            [sys.executable, *options, "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_code
