from __future__ import annotations

import asyncio
import itertools
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.core_loop import IOLoop, PeriodicCallback, gen
from etesian.core_loop.ioloop.periodic import next_run
from etesian.core_loop.testing import ExpectLog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Eventually = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.mark.spec("B-LOOP-048")
@pytest.mark.spec("B-LOOP-049")
async def test_it_runs_every_so_many_milliseconds_between_start_and_stop() -> None:
    seen = []
    for period in (10, timedelta(milliseconds=10)):
        periodic = PeriodicCallback(lambda: seen.append(1), period)
        await asyncio.sleep(0.02)
        assert not periodic.is_running()
        assert seen == []
        periodic.start()
        assert periodic.is_running()
        await asyncio.sleep(0.055)
        periodic.stop()
        assert not periodic.is_running()
        assert 1 <= len(seen) <= 6
        seen.clear()
        await asyncio.sleep(0.02)
        assert seen == []


@pytest.mark.spec("B-LOOP-050")
async def test_runs_that_came_too_late_are_skipped() -> None:
    runs = 0

    def slow_at_first() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            time.sleep(0.05)

    periodic = PeriodicCallback(slow_at_first, 20)
    began = time.monotonic()
    periodic.start()
    await asyncio.sleep(0.13)
    periodic.stop()
    periods = (time.monotonic() - began) / 0.02
    assert 1 <= runs <= periods - 1  # two fell into the first run and were not made up for


@pytest.mark.spec("B-LOOP-051")
async def test_it_may_stop_itself() -> None:
    seen = []

    def once() -> None:
        seen.append(1)
        periodic.stop()

    periodic = PeriodicCallback(once, 1)
    periodic.start()
    await asyncio.sleep(0.02)
    assert seen == [1]


@pytest.mark.spec("B-LOOP-052")
async def test_stopping_and_starting_makes_no_second_schedule() -> None:
    seen = []

    async def slow() -> None:
        seen.append(1)
        await asyncio.sleep(0.005)

    periodic = PeriodicCallback(slow, 10)
    for _ in range(5):
        periodic.start()
        periodic.start()
        await asyncio.sleep(0.012)
        periodic.stop()
    seen.clear()
    periodic.start()
    await asyncio.sleep(0.055)
    periodic.stop()
    assert len(seen) <= 6


@pytest.mark.spec("B-LOOP-066")
def test_it_runs_on_the_loop_that_is_current_when_it_starts(ioloop: IOLoop) -> None:
    seen = []

    def see() -> None:
        seen.append(IOLoop.current())
        other.stop()

    periodic = PeriodicCallback(see, 1)
    other = IOLoop(make_current=False)
    other.add_callback(periodic.start)
    other.call_later(10, other.stop)
    other.start()
    assert set(seen) == {other}
    assert other is not ioloop
    periodic.stop()
    other.close()


async def test_a_run_does_not_overlap_the_one_before() -> None:
    running = 0
    peak = 0

    async def slow() -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.01)
        running -= 1

    periodic = PeriodicCallback(slow, 2)
    periodic.start()
    await asyncio.sleep(0.04)
    periodic.stop()
    await asyncio.sleep(0.015)
    assert peak == 1


@pytest.mark.spec("B-LOOP-055")
async def test_errors_are_logged_and_end_nothing() -> None:
    calls = []

    @gen.coroutine
    def fail_later() -> object:
        calls.append("later")
        yield
        raise ValueError

    def fail_at_once() -> None:
        calls.append("at once")
        raise ValueError

    def cancelled() -> None:
        calls.append("cancelled")
        raise asyncio.CancelledError

    async def run_twice(callback: Callable[[], object]) -> None:
        calls.clear()
        periodic = PeriodicCallback(callback, 1)
        periodic.start()
        for _ in range(5000):
            if len(calls) >= 2:
                break
            await asyncio.sleep(0.001)
        periodic.stop()
        assert len(calls) >= 2
        await asyncio.sleep(0.002)

    for fail in (fail_later, fail_at_once):
        with ExpectLog("etesian.application", "Exception in callback"):
            await run_twice(fail)
    await run_twice(cancelled)


@pytest.mark.spec("B-LOOP-056")
@pytest.mark.parametrize("period", [0, -1, timedelta(0), float("nan"), float("inf")])
def test_a_period_that_is_none_is_refused(period: float | timedelta) -> None:
    with pytest.raises(ValueError, match="more than 0 milliseconds"):
        PeriodicCallback(print, period)


def test_a_jitter_is_a_fraction() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        PeriodicCallback(print, 1, jitter=1.5)
    assert "every 5 ms" in repr(PeriodicCallback(print, 5))


async def test_jitter_spreads_the_runs(eventually: Eventually) -> None:
    starts = []
    periodic = PeriodicCallback(lambda: starts.append(IOLoop.current().time()), 4, jitter=1)
    periodic.start()
    await eventually(lambda: len(starts) > 15)
    periodic.stop()
    waits = [after - before for before, after in itertools.pairwise(starts)]
    assert max(waits) - min(waits) > 0.0005


@pytest.mark.spec("B-LOOP-050")
@given(st.floats(0, 1e6), st.floats(0, 1e4), st.floats(0.001, 1e3))
def test_the_next_run_is_the_first_on_the_schedule_that_is_still_to_come(
    planned: float, late: float, period: float
) -> None:
    after = next_run(planned, planned + late, period)
    assert after > planned + late - 1e-6
    assert after - (planned + late) <= period * (1 + 1e-6) + 1e-6
    steps = (after - planned) / period
    assert abs(steps - round(steps)) < 1e-3


@pytest.mark.spec("B-LOOP-053")
def test_a_coarse_clock_makes_no_extra_runs() -> None:
    assert next_run(planned=10.0, now=9.99, period=1.0) == 11.0
    assert next_run(planned=10.0, now=10.0, period=1.0) == 11.0


@pytest.mark.spec("B-LOOP-054")
def test_a_jump_of_the_clock_costs_no_loop() -> None:
    began = time.process_time()
    assert next_run(planned=0.0, now=1e9, period=0.001) == pytest.approx(1e9 + 0.001, abs=0.002)
    assert time.process_time() - began < 0.01
    assert next_run(planned=0.0, now=3.5, period=1.0) == 4.0
