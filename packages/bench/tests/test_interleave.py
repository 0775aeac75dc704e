from __future__ import annotations

import pytest

from etesian.bench.interleave import DifferentAnswerError, interleave


def run(*contenders, rounds=2):
    return interleave(contenders, seconds=3, rounds=rounds, progress=lambda _: None)


def test_contenders_take_turns_and_all_stay_ready(contender, turns):
    run(contender("a"), contender("b"))
    assert turns == [
        ("a", "start"),
        ("b", "start"),
        ("a", 0.01),
        ("b", 0.01),
        ("a", 3),
        ("b", 3),
        ("a", 3),
        ("b", 3),
        ("b", "end"),
        ("a", "end"),
    ]


def test_gives_a_sample_for_each_round_but_none_of_the_warm_up(contender):
    samples = run(contender("a"), contender("b"), rounds=3)
    assert [len(of) for of in samples.values()] == [3, 3]


def test_refuses_to_compare_different_work(contender):
    with pytest.raises(DifferentAnswerError, match="b answers b'other', a answers b'same'"):
        run(contender("a"), contender("b", b"other"))


def test_tells_how_far_it_is(contender):
    lines = []
    interleave([contender("a")], seconds=1, rounds=2, progress=lines.append)
    assert lines == ["round 1 of 2: a", "round 2 of 2: a"]
