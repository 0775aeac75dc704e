from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.core_loop.ioloop import deadlines
from etesian.core_loop.ioloop.deadlines import Deadlines


@given(st.lists(st.floats(0, 100), max_size=50))
def test_equal_deadlines_become_rising_ones_a_little_later(asked: list[float]) -> None:
    distinct = Deadlines().distinct
    given = [(when, distinct(when)) for when in asked]
    for when, moved in given:
        assert 0 <= moved - when < 1e-9
    for when in asked:
        same = [moved for other, moved in given if other == when]
        assert same == sorted(set(same))


def test_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        Deadlines().distinct(float("nan"))


def test_what_is_remembered_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "MAX_REMEMBERED", 10)
    remembered = Deadlines()
    for n in range(1000):
        assert remembered.distinct(n) == n
    assert remembered.distinct(999) > 999
    assert len(remembered._latest) <= 10
