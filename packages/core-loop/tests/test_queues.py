from __future__ import annotations

import asyncio
import queue
from datetime import timedelta

import pytest

from etesian.core_loop import IOLoop, gen, queues

SOON = timedelta(milliseconds=5)


@pytest.mark.spec("B-LOOP-151")
@pytest.mark.spec("B-LOOP-152")
async def test_the_size_is_a_limit_on_put() -> None:
    unbounded: queues.Queue[int] = queues.Queue()
    for n in range(1000):
        assert unbounded.put(n).done()
    assert unbounded.maxsize == 0
    assert not unbounded.full()
    bounded: queues.Queue[int] = queues.Queue(2)
    assert bounded.put(1).done()
    assert bounded.put(2).done()
    waiting = bounded.put(3)
    assert not waiting.done()
    assert bounded.full()
    assert bounded.get_nowait() == 1
    await waiting
    assert bounded.qsize() == 2
    with pytest.raises(TypeError):
        queues.Queue(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="got -1"):
        queues.Queue(-1)


@pytest.mark.spec("B-LOOP-153")
@pytest.mark.spec("B-LOOP-164")
async def test_nowait_says_what_is_wrong() -> None:
    small: queues.Queue[int] = queues.Queue(1)
    with pytest.raises(queues.QueueEmpty):
        small.get_nowait()
    small.put_nowait(1)
    with pytest.raises(queues.QueueFull):
        small.put_nowait(2)
    assert not issubclass(queues.QueueEmpty, queue.Empty | asyncio.QueueEmpty)
    assert not issubclass(queues.QueueFull, queue.Full | asyncio.QueueFull)


@pytest.mark.spec("B-LOOP-154")
@pytest.mark.spec("B-LOOP-155")
async def test_put_and_get_give_up_in_time() -> None:
    small: queues.Queue[int] = queues.Queue(1)
    for deadline in (SOON, IOLoop.current().time() + 0.005):
        with pytest.raises(gen.TimeoutError):
            await small.get(deadline)
    await small.put(1)
    with pytest.raises(gen.TimeoutError):
        await small.put(2, SOON)
    assert await small.get(SOON) == 1
    assert small.empty()


@pytest.mark.spec("B-LOOP-156")
async def test_waiting_getters_are_served_in_order() -> None:
    line: queues.Queue[str] = queues.Queue()
    getters = [line.get() for _ in range(3)]
    for item in "abc":
        line.put_nowait(item)
    assert [await getter for getter in getters] == ["a", "b", "c"]
    assert "size=0" in repr(line)


async def test_waiting_putters_are_served_in_order() -> None:
    line: queues.Queue[str] = queues.Queue(1)
    putters = [line.put(item) for item in "abcd"]
    assert [putter.done() for putter in putters] == [True, False, False, False]
    assert [await line.get() for _ in range(4)] == list("abcd")
    await gen.multi(putters)


@pytest.mark.spec("B-LOOP-157")
async def test_a_get_that_gave_up_swallows_nothing() -> None:
    line: queues.Queue[int] = queues.Queue()
    with pytest.raises(gen.TimeoutError):
        await line.get(SOON)
    line.get().cancel()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.get(), 0.001)
    line.put_nowait(1)
    assert line.qsize() == 1
    assert await line.get() == 1


@pytest.mark.spec("B-LOOP-157")
@pytest.mark.parametrize("kind", [queues.Queue, queues.PriorityQueue, queues.LifoQueue])
async def test_an_item_handed_to_a_cancelled_task_goes_back(kind: type[queues.Queue[int]]) -> None:
    line = kind()

    async def get() -> int:
        return await line.get()

    first = asyncio.ensure_future(get())
    await asyncio.sleep(0)
    line.put_nowait(1)
    first.cancel()
    line.put_nowait(2)
    await asyncio.sleep(0.001)
    assert sorted([await line.get(), await line.get()]) == [1, 2]


async def test_an_item_that_comes_back_keeps_its_place() -> None:
    line: queues.Queue[int] = queues.Queue(1)

    async def get() -> int:
        return await line.get()

    first = asyncio.ensure_future(get())
    await asyncio.sleep(0)
    line.put_nowait(1)
    first.cancel()
    waiting = line.put(2)
    await asyncio.sleep(0.001)
    assert [await line.get(), await line.get()] == [1, 2]
    await waiting


async def test_a_cancelled_put_puts_nothing() -> None:
    line: queues.Queue[int] = queues.Queue(1)
    line.put_nowait(1)
    line.put(2).cancel()
    third = line.put(3)
    assert [await line.get(), await line.get()] == [1, 3]
    await third


@pytest.mark.spec("B-LOOP-158")
@pytest.mark.spec("B-LOOP-159")
@pytest.mark.spec("B-LOOP-160")
async def test_join_waits_for_every_item_to_be_done() -> None:
    line: queues.Queue[int] = queues.Queue()
    assert line.join().done()
    with pytest.raises(ValueError, match="more often than items"):
        line.task_done()
    line.put_nowait(1)
    line.put_nowait(2)
    joined = line.join()
    await line.get()
    line.task_done()
    assert not joined.done()
    with pytest.raises(gen.TimeoutError):
        await line.join(SOON)
    await line.get()
    line.task_done()
    await joined


@pytest.mark.spec("B-LOOP-161")
@pytest.mark.spec("B-LOOP-162")
async def test_other_orders() -> None:
    priority: queues.PriorityQueue[tuple[int, str]] = queues.PriorityQueue()
    newest: queues.LifoQueue[int] = queues.LifoQueue()
    for n in (2, 0, 1):
        priority.put_nowait((n, "item"))
        newest.put_nowait(n)
    assert [priority.get_nowait()[0] for _ in range(3)] == [0, 1, 2]
    assert [newest.get_nowait() for _ in range(3)] == [1, 0, 2]


async def test_a_subclass_gives_its_own_order() -> None:
    class Longest(queues.Queue[str]):
        def _init(self) -> None:
            self._queue = []

        def _put(self, item: str) -> None:
            self._queue.append(item)
            self._queue.sort(key=len)

        def _get(self) -> str:
            item: str = self._queue.pop()
            return item

    line = Longest()

    async def get() -> str:
        return await line.get()

    first = asyncio.ensure_future(get())
    await asyncio.sleep(0)
    line.put_nowait("aaa")
    first.cancel()
    line.put_nowait("b")
    await asyncio.sleep(0.001)
    assert [line.get_nowait(), line.get_nowait()] == ["aaa", "b"]


@pytest.mark.spec("B-LOOP-163")
async def test_a_loop_over_a_queue_gets_items_for_ever() -> None:
    line: queues.Queue[int] = queues.Queue(2)

    async def produce() -> None:
        for n in range(10):
            await line.put(n)

    producer = asyncio.ensure_future(produce())
    seen = []
    async for item in line:
        seen.append(item)
        if item == 9:
            break
    await producer
    assert seen == list(range(10))
