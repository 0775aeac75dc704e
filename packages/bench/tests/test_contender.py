from __future__ import annotations

from etesian.bench.contender import Contender


def test_names_the_modules_that_it_misses():
    start = NotImplemented
    assert Contender("a", start, ("json", "there_is_no_such_module")).missing() == [
        "there_is_no_such_module"
    ]
    assert Contender("a", start, ("json",)).missing() == []
