from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from etesian.core_loop import IOLoop, gen, locks

SOON = timedelta(milliseconds=5)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.spec("B-LOOP-132")
@pytest.mark.spec("B-LOOP-134")
@pytest.mark.spec("B-LOOP-135")
async def test_a_condition_wakes_the_longest_waiting_first() -> None:
    condition = locks.Condition()
    condition.notify()
    seen = []

    async def wait(n: int) -> None:
        assert await condition.wait() is True
        seen.append(n)

    tasks = [asyncio.ensure_future(wait(n)) for n in range(5)]
    await settle()
    assert seen == []
    condition.notify()
    await settle()
    assert seen == [0]
    condition.notify(2)
    await settle()
    assert seen == [0, 1, 2]
    condition.notify_all()
    await asyncio.gather(*tasks)
    assert seen == [0, 1, 2, 3, 4]
    assert "waiters=0" in repr(condition)


@pytest.mark.spec("B-LOOP-133")
@pytest.mark.spec("B-LOOP-136")
@pytest.mark.spec("B-LOOP-155")
async def test_a_wait_that_timed_out_takes_no_notification() -> None:
    condition = locks.Condition()
    impatient = [condition.wait(SOON), condition.wait(IOLoop.current().time() + 0.005)]
    patient = condition.wait(timedelta(seconds=5))
    assert [await waiter for waiter in impatient] == [False, False]
    condition.notify()
    assert await patient is True


async def test_a_notification_of_a_cancelled_task_wakes_the_next() -> None:
    condition = locks.Condition()
    first = asyncio.ensure_future(_wait(condition))
    second = asyncio.ensure_future(_wait(condition))
    await settle()
    condition.notify()
    first.cancel()  # notified, but it does not know yet
    assert await second is True
    assert first.cancelled()


async def _wait(condition: locks.Condition) -> bool:
    return await condition.wait()


@pytest.mark.spec("B-LOOP-137")
@pytest.mark.spec("B-LOOP-138")
@pytest.mark.spec("B-LOOP-139")
async def test_an_event_holds_up_until_it_is_set() -> None:
    event = locks.Event()
    assert not event.is_set()
    waiters = [event.wait() for _ in range(3)]
    with pytest.raises(gen.TimeoutError):
        await event.wait(SOON)
    event.set()
    await gen.multi(waiters)
    assert event.is_set()
    assert event.wait().done()
    assert "set" in repr(event)
    event.clear()
    assert not event.wait().done()
    assert not event.is_set()


@pytest.mark.spec("B-LOOP-140")
@pytest.mark.spec("B-LOOP-142")
async def test_a_semaphore_lets_so_many_through_in_order() -> None:
    semaphore = locks.Semaphore(2)
    inside, peak, order = 0, 0, []

    async def work(n: int) -> None:
        nonlocal inside, peak
        async with semaphore:
            inside += 1
            peak = max(peak, inside)
            order.append(n)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(work(n) for n in range(6)))
    assert peak == 2
    assert order == list(range(6))


@pytest.mark.spec("B-LOOP-141")
@pytest.mark.spec("B-LOOP-150")
async def test_the_result_of_acquire_releases_when_left() -> None:
    for lock in (locks.Semaphore(1), locks.BoundedSemaphore(1), locks.Lock()):
        with await lock.acquire():
            second = lock.acquire()
            assert not second.done()
            second.cancel()

        @gen.coroutine
        def work(lock: locks.Semaphore = lock) -> object:
            with (yield lock.acquire(timedelta(seconds=1))):
                return "in"

        assert await work() == "in"
        async with lock:
            pass
        assert lock.acquire().done()


@pytest.mark.spec("B-LOOP-143")
@pytest.mark.spec("B-LOOP-149")
async def test_an_acquire_that_timed_out_changes_nothing() -> None:
    for lock in (locks.Semaphore(1), locks.Lock()):
        await lock.acquire()
        with pytest.raises(gen.TimeoutError):
            await lock.acquire(SOON)
        with pytest.raises(gen.TimeoutError):
            await lock.acquire(IOLoop.current().time() - 1)
        lock.release()
        assert lock.acquire().done()
        assert not lock.acquire().done()


@pytest.mark.spec("B-LOOP-144")
@pytest.mark.spec("B-LOOP-145")
@pytest.mark.spec("B-LOOP-146")
@pytest.mark.spec("B-LOOP-147")
async def test_misuse_is_refused_with_words() -> None:
    with pytest.raises(ValueError, match="got -1"):
        locks.Semaphore(-1)
    for lock in (locks.Semaphore(), locks.Lock()):
        with pytest.raises(RuntimeError, match="async with"), lock:
            pass
    with pytest.raises(ValueError, match="more often than acquired"):
        locks.BoundedSemaphore(2).release()
    with pytest.raises(RuntimeError, match="not locked"):
        locks.Lock().release()
    assert not locks.Semaphore(0).acquire().done()
    grown = locks.Semaphore(0)
    grown.release()
    assert grown.acquire().done()


@pytest.mark.spec("B-LOOP-148")
async def test_a_lock_goes_to_the_first_in_line_and_not_to_a_newcomer() -> None:
    lock = locks.Lock()
    await lock.acquire()
    first = lock.acquire()
    lock.release()
    assert first.done()
    assert not lock.acquire().done()
    assert "locked" in repr(lock)


async def test_a_lock_granted_to_a_cancelled_task_goes_to_the_next() -> None:
    lock = locks.Lock()
    await lock.acquire()

    async def take() -> str:
        async with lock:
            return "had it"

    first, second = asyncio.ensure_future(take()), asyncio.ensure_future(take())
    await settle()
    lock.release()
    first.cancel()
    assert await asyncio.wait_for(second, 5) == "had it"
    assert lock.acquire().done()


async def test_wait_for_loses_no_lock() -> None:
    lock = locks.Lock()
    await lock.acquire()
    for _ in range(20):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lock.acquire(), 0.001)
    lock.release()
    with await asyncio.wait_for(lock.acquire(), 1):
        pass
    assert lock.acquire().done()


async def test_waiters_that_left_take_no_memory() -> None:
    lock = locks.Lock()
    await lock.acquire()
    for _ in range(100):
        lock.acquire().cancel()
        waiter = lock.acquire(timedelta(0))
        with pytest.raises(gen.TimeoutError):
            await waiter
    assert "waiters=0" in repr(lock)
