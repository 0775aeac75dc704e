"""Contenders whose work is known."""

from __future__ import annotations

import os
from contextlib import contextmanager

import pytest

from etesian.bench import interleave
from etesian.bench.contender import Contender, Sample


class Counting:
    """Answers what it is told to, and notes whose turn it was."""

    def __init__(self, name, turns, answer):
        self.name, self.turns, self._answer = name, turns, answer

    def answer(self):
        return self._answer

    def measure(self, seconds):
        self.turns.append((self.name, seconds))
        return Sample(rate=100.0 * len(self.turns), cpu_us=5.0)


@pytest.fixture
def turns():
    """Who worked, and how long, in order."""
    return []


@pytest.fixture
def contender(turns):
    """Make a contender; it appears in ``turns`` when it starts, works and ends."""

    def make(name, answer=b"same"):
        @contextmanager
        def start():
            turns.append((name, "start"))
            yield Counting(name, turns, answer)
            turns.append((name, "end"))

        return Contender(name, start)

    return make


@pytest.fixture(autouse=True)
def short_warm_up(monkeypatch):
    monkeypatch.setattr(interleave, "WARM_UP", 0.01)


@pytest.fixture(autouse=True)
def every_core():
    """Loads take this process to one core; the tests after them are to have all again."""
    cores = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, cores)
