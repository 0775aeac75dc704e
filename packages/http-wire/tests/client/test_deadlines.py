"""One timer for many deadlines must be as good as many timers."""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etesian.http_wire.client.deadlines import Deadlines


class FakeLoop:
    """Time that is told; one timer at most may be set."""

    def __init__(self):
        self.now = 0.0
        self.timer = None

    def time(self):
        return self.now

    def call_later(self, delay, callback):
        assert self.timer is None
        self.timer = (self.now + delay, callback)
        return self

    def cancel(self):
        self.timer = None

    def advance(self, seconds):
        end = self.now + seconds
        while self.timer is not None and self.timer[0] <= end:
            due, callback = self.timer
            self.now = max(self.now, due)
            self.timer = None
            callback()
        self.now = end


class Timed:
    def __init__(self, loop):
        self.loop = loop
        self.fired_at = None

    def timed_out(self):
        assert self.fired_at is None
        self.fired_at = self.loop.now


STEP = st.tuples(
    st.sampled_from(["set", "withdraw", "wait"]), st.integers(0, 4), st.integers(0, 10)
)


@settings(deadline=None)
@given(st.lists(STEP, max_size=40))
def test_each_fires_at_its_time_unless_withdrawn(steps):
    loop = FakeLoop()
    deadlines = Deadlines(loop, clock=loop.time)
    expected = {}
    timed = {}
    for kind, key, number in steps:
        if kind == "set":
            if key not in expected:
                timed[key] = Timed(loop)
            expected[key] = loop.now + number
            deadlines.set(timed[key], expected[key])
        elif kind == "withdraw" and key in expected:
            del expected[key]
            deadlines.withdraw(timed[key])
        elif kind == "wait":
            loop.advance(number)
            for passed in [key for key, due in expected.items() if due <= loop.now]:
                assert timed[passed].fired_at == expected.pop(passed)
        assert all(timed[key].fired_at is None for key in expected if expected[key] > loop.now)
    deadlines.close()
    assert loop.timer is None


async def test_on_a_real_loop(anyio_backend):
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)
    late, soon, never = Timed(loop), Timed(loop), Timed(loop)
    began = monotonic()
    for timed, due in ((late, began + 5), (soon, began + 0.02), (never, inf)):
        timed.loop = type("Now", (), {"now": property(lambda self: monotonic())})()
        deadlines.set(timed, due)
    await asyncio.sleep(0.05)
    assert soon.fired_at >= began + 0.019
    assert late.fired_at is None
    assert never.fired_at is None
    deadlines.close()


def test_one_that_passes_may_put_off_or_withdraw_another():
    loop = FakeLoop()
    deadlines = Deadlines(loop, clock=loop.time)
    put_off, withdrawn = Timed(loop), Timed(loop)

    class First:
        def timed_out(self):
            deadlines.set(put_off, 9)
            deadlines.withdraw(withdrawn)

    for timed in (put_off, withdrawn, First()):
        deadlines.set(timed, 1)
    loop.advance(8)
    assert put_off.fired_at is None
    loop.advance(8)
    assert put_off.fired_at == 9
    assert withdrawn.fired_at is None
    assert deadlines.pending == []


def test_what_one_raises_leaves_the_others_their_end():
    loop = FakeLoop()
    deadlines = Deadlines(loop, clock=loop.time)
    before, later = Timed(loop), Timed(loop)

    class Failing:
        def timed_out(self):
            raise ValueError("of its own")

    for timed, due in ((before, 1), (Failing(), 1), (later, 3)):
        deadlines.set(timed, due)
    with pytest.raises(ValueError, match="of its own"):
        loop.advance(2)
    loop.advance(0)
    assert before.fired_at == 1
    loop.advance(2)
    assert later.fired_at == 3
