"""Programs that the command is asked to run."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

PROGRAM = """
import asyncio

from etesian.web import Application, RequestHandler


class Hello(RequestHandler):
    def get(self):
        self.write("Hello, world")


class Slow(RequestHandler):
    async def get(self):
        self.write("Slowly, ")
        await self.flush()
        await asyncio.sleep(0.3)
        self.write("hello")


class Names:
    application = Application([(r"/", Hello), (r"/slow", Slow)])


application = Names.application
version = 1


def make():
    return Application([(r"/", Hello)])


def fail():
    raise RuntimeError("the program's own trouble")
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A folder, and the current one, with the module ``program``."""
    (tmp_path / "program.py").write_text(dedent(PROGRAM))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("program", None)
