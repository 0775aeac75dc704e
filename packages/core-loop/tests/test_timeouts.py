from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from etesian.core_loop import IOLoop, gen, queues
from etesian.core_loop.testing import ExpectLog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Future

SOON = timedelta(milliseconds=5)


@pytest.mark.spec("B-LOOP-088")
@pytest.mark.spec("B-LOOP-089")
async def test_a_late_future_raises_timeout_error() -> None:
    for deadline in (SOON, IOLoop.current().time() + 0.015):
        future = asyncio.get_running_loop().create_future()
        with pytest.raises(gen.TimeoutError) as raised:
            await gen.with_timeout(deadline, future)
        assert isinstance(raised.value, TimeoutError)
        assert isinstance(raised.value, asyncio.TimeoutError)
        assert not future.done()
    with pytest.raises(TypeError, match="number or a timedelta"):
        gen.with_timeout("5", future)  # type: ignore[arg-type]


@pytest.mark.spec("B-LOOP-090")
@pytest.mark.spec("B-LOOP-092")
async def test_what_comes_in_time_passes_through() -> None:
    async def work() -> int:
        await asyncio.sleep(0.001)
        return 3

    async def fail() -> None:
        raise KeyError("mine")

    day = timedelta(days=1)
    assert await gen.with_timeout(day, work()) == 3
    assert await gen.with_timeout(day, [work(), work()]) == [3, 3]
    assert await gen.with_timeout(day, gen.maybe_future(4)) == 4
    with pytest.raises(KeyError, match="mine"):
        await gen.with_timeout(day, fail())


@pytest.mark.spec("B-LOOP-091")
async def test_a_late_failure_is_logged_unless_quiet(
    caplog: pytest.LogCaptureFixture,
    eventually: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    fail = asyncio.Event()

    async def fail_late() -> None:
        await fail.wait()
        raise KeyError

    with ExpectLog("etesian.application", ".*failed after its timeout") as expected:
        with pytest.raises(TimeoutError):
            await gen.with_timeout(SOON, fail_late())
        fail.set()
        await eventually(lambda: expected.matched)
    fail.clear()
    with pytest.raises(TimeoutError):
        await gen.with_timeout(SOON, fail_late(), quiet_exceptions=KeyError)
    fail.set()
    await asyncio.sleep(0.02)
    assert caplog.records == []


async def test_cancelling_with_timeout_cancels_what_it_waits_for() -> None:
    future = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(gen.with_timeout(timedelta(days=1), future))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0.001)
    assert future.cancelled()


@pytest.mark.parametrize("rounds", range(4))
async def test_an_item_that_comes_as_with_timeout_is_cancelled_is_not_lost(rounds: int) -> None:
    queue: queues.Queue[int] = queues.Queue()
    got = []

    async def get() -> None:
        got.append(await gen.with_timeout(timedelta(days=1), queue.get()))

    waiting = asyncio.ensure_future(get())
    await asyncio.sleep(0)
    queue.put_nowait(1)
    for _ in range(rounds):
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert len(got) + queue.qsize() == 1


async def test_what_comes_with_the_deadline_has_come_in_time() -> None:
    queue: queues.Queue[int] = queues.Queue()
    item = gen.with_timeout(IOLoop.current().time() + 0.005, queue.get())
    time.sleep(0.01)  # noqa: ASYNC251  the deadline is to pass before the loop can notice
    queue.put_nowait(1)
    assert await item == 1


async def test_with_timeout_takes_a_future_of_a_thread() -> None:
    from concurrent.futures import Future as ThreadFuture

    future: Future[int] = ThreadFuture()
    asyncio.get_running_loop().call_later(0.001, future.set_result, 6)
    assert await gen.with_timeout(timedelta(seconds=5), future) == 6


@pytest.mark.spec("B-LOOP-093")
async def test_sleep_takes_its_time_and_blocks_nobody() -> None:
    began = time.monotonic()
    ticks = []
    IOLoop.current().call_later(0.005, ticks.append, 1)
    first, second = gen.sleep(0.02), gen.sleep(0.02)
    await first
    await second
    assert 0.015 < time.monotonic() - began < 5
    assert ticks == [1]


async def test_a_cancelled_sleep_leaves_no_timer() -> None:
    future = gen.sleep(3600)
    future.cancel()
    await asyncio.sleep(0.001)
    assert future.cancelled()
