from __future__ import annotations

import pytest

from etesian.bench.command import main
from etesian.bench.suites import loop


def test_measures_loops_beside_what_is_underneath(capsys):
    assert main(["loop", "--seconds=0.01", "--rounds=1"]) == 0
    out = capsys.readouterr().out
    for title in ("Empty callbacks", "Callbacks that", "Timers added", "Timers of", "Futures"):
        assert out.count(title) == 1
    rows = [line.split("  ")[0] for line in out.split("\n")]
    for contender in ("asyncio", "uvloop", "etesian on asyncio", "etesian on uvloop"):
        assert rows.count(contender) == len(loop.SUITES)


@pytest.mark.parametrize("name", ["asyncio", "etesian on asyncio", "etesian on uvloop"])
@pytest.mark.parametrize(
    ("title", "counted"), [("Empty callbacks", loop.BATCH), ("Timers of", loop.MANY)]
)
def test_what_is_counted_is_what_ran(monkeypatch, title, counted, name):
    ran = []
    monkeypatch.setattr(loop, "_nothing", lambda: ran.append(1))
    suite = next(each for each in loop.SUITES if each.title.startswith(title))
    contender = next(each for each in suite.contenders if each.name == name)
    with contender.start() as running:
        assert running.answer() == b"done"
    assert len(ran) == counted - 1  # the last one ends the batch
