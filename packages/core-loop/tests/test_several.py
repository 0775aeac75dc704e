from __future__ import annotations

import asyncio
from typing import Any

import pytest

from etesian.core_loop import gen, locks, queues
from etesian.core_loop.testing import ExpectLog


async def number(n: int) -> int:
    await asyncio.sleep(0.001 * (5 - n))
    return n


async def fail(n: int) -> None:
    await asyncio.sleep(0.001 * n)
    raise ValueError(n)


@pytest.mark.spec("B-LOOP-083")
@pytest.mark.spec("B-LOOP-086")
@pytest.mark.parametrize("multi", [gen.multi, gen.multi_future])
async def test_results_come_in_the_order_or_under_the_keys_given(multi: object) -> None:
    assert await multi([number(1), number(2)]) == [1, 2]
    assert await multi((number(1), number(2))) == [1, 2]
    assert await multi({"a": number(1), "b": number(2)}) == {"a": 1, "b": 2}
    assert await multi([]) == []
    assert await multi({}) == {}


@pytest.mark.spec("B-LOOP-084")
async def test_the_first_failure_is_raised_and_the_others_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ExpectLog("etesian.application", "One of several"), pytest.raises(ValueError, match="2"):
        await gen.multi([number(1), fail(2), fail(1)])
    with pytest.raises(ValueError, match="2"):
        await gen.multi([fail(2), fail(1)], quiet_exceptions=ValueError)
    with pytest.raises(ValueError, match="2"):
        await gen.multi({"x": fail(2), "y": fail(1)}, quiet_exceptions=(KeyError, ValueError))
    assert caplog.records == []


async def test_all_have_ended_when_a_failure_is_raised() -> None:
    slow = asyncio.ensure_future(number(1))
    with pytest.raises(ValueError, match="0"):
        await gen.multi([fail(0), slow])
    assert slow.done()


@pytest.mark.spec("B-LOOP-085")
async def test_a_future_may_occur_twice() -> None:
    future = asyncio.ensure_future(number(4))
    assert await gen.multi([future, future]) == [4, 4]
    assert await gen.multi([future, future]) == [4, 4]


async def test_cancelling_it_cancels_the_children() -> None:
    children = [asyncio.get_running_loop().create_future() for _ in range(3)]
    children[0].set_result(1)
    together = gen.multi(children)
    await asyncio.sleep(0)
    together.cancel()
    await asyncio.sleep(0.001)
    assert [child.cancelled() for child in children] == [False, True, True]


async def test_a_cancelled_child_cancels_it() -> None:
    children = [asyncio.get_running_loop().create_future() for _ in range(2)]
    together = gen.multi(children)
    children[0].cancel()
    children[1].set_result(1)
    with pytest.raises(asyncio.CancelledError):
        await together


@pytest.mark.parametrize("rounds", range(4))
async def test_cancelling_it_loses_nothing_that_a_child_was_handed(rounds: int) -> None:
    ready: queues.Queue[int] = queues.Queue()
    empty: queues.Queue[int] = queues.Queue()
    lock = locks.Lock()
    all_of_them = gen.multi([ready.get(), lock.acquire(), empty.get()])
    waiting = asyncio.ensure_future(_wait_for(all_of_them))
    await asyncio.sleep(0)
    ready.put_nowait(1)
    for _ in range(rounds):
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert ready.qsize() == 1
    assert lock.acquire().done()
    empty.put_nowait(2)
    assert empty.qsize() == 1


async def test_a_cancellation_that_comes_with_the_last_result_loses_none() -> None:
    queue: queues.Queue[int] = queues.Queue()
    both = gen.multi([queue.get(), queue.get()])
    both.add_done_callback(lambda _: waiting.cancel())
    waiting = asyncio.ensure_future(_wait_for(both))
    await asyncio.sleep(0)
    queue.put_nowait(1)
    queue.put_nowait(2)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert [queue.get_nowait() for _ in range(2)] == [1, 2]


async def _wait_for(future: asyncio.Future[Any]) -> None:
    await future
