from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from etesian.core_loop import gen


async def after(seconds: float, value: object) -> object:
    await asyncio.sleep(seconds)
    if isinstance(value, Exception):
        raise value
    return value


@pytest.mark.spec("B-LOOP-094")
async def test_results_come_as_they_finish() -> None:
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(3)]
    iterator = gen.WaitIterator(*futures)
    for n, index in ((1, 1), (2, 2), (3, 0)):
        loop.call_soon(futures[index].set_result, n)
    seen = []
    while not iterator.done():
        result = await iterator.next()
        seen.append((result, iterator.current_index))
        assert iterator.current_future is futures[iterator.current_index]
    assert seen == [(1, 1), (2, 2), (3, 0)]
    assert iterator.current_index is None


@pytest.mark.spec("B-LOOP-095")
async def test_keywords_are_the_indexes() -> None:
    iterator = gen.WaitIterator(slow=after(0.01, 1), fast=after(0, 2))
    seen = {}
    async for result in iterator:
        seen[iterator.current_index] = result
    assert seen == {"fast": 2, "slow": 1}
    assert list(seen) == ["fast", "slow"]


@pytest.mark.spec("B-LOOP-096")
async def test_positions_and_keywords_do_not_mix() -> None:
    future = gen.maybe_future(1)
    with pytest.raises(ValueError, match="not both"):
        gen.WaitIterator(future, a=future)


@pytest.mark.spec("B-LOOP-097")
async def test_it_goes_on_after_a_failure() -> None:
    iterator = gen.WaitIterator(after(0, ValueError("first")), after(0.005, 2))
    with pytest.raises(ValueError, match="first"):
        await iterator.next()
    assert await iterator.next() == 2
    assert iterator.done()


@pytest.mark.spec("B-LOOP-098")
async def test_a_loop_over_it_stops_at_the_first_failure() -> None:
    seen = []
    iterator = gen.WaitIterator(after(0, 1), after(0.005, ValueError("second")), after(0.01, 3))
    with pytest.raises(ValueError, match="second"):
        async for result in iterator:
            seen.append(result)  # noqa: PERF401  it ends by an error
    assert seen == [1]
    assert await iterator.next() == 3


@pytest.mark.spec("B-LOOP-099")
async def test_it_keeps_its_futures_alive() -> None:
    future = asyncio.get_running_loop().create_future()
    alive = weakref.ref(future)
    iterator = gen.WaitIterator(future)
    del future
    gc.collect()
    waited_for = alive()
    assert waited_for is not None
    waited_for.set_result(5)
    assert await iterator.next() == 5


async def test_a_future_given_twice_comes_twice() -> None:
    future = asyncio.ensure_future(after(0.001, "x"))
    iterator = gen.WaitIterator(future, future)
    seen = set()
    async for result in iterator:
        assert result == "x"
        seen.add(iterator.current_index)
    assert seen == {0, 1}


async def test_a_cancelled_next_takes_no_result_with_it() -> None:
    iterator = gen.WaitIterator(after(0.005, 1))
    iterator.next().cancel()
    await asyncio.sleep(0.01)
    assert await iterator.next() == 1


@pytest.mark.parametrize("rounds", range(4))
@pytest.mark.parametrize("outcome", ["a", ValueError("a")], ids=["result", "error"])
async def test_what_comes_as_its_receiver_is_cancelled_comes_again(
    outcome: object, rounds: int
) -> None:
    futures = [asyncio.get_running_loop().create_future() for _ in range(2)]
    iterator = gen.WaitIterator(*futures)
    seen: list[object] = []

    async def receive() -> None:
        try:
            seen.append(await iterator.next())
        except ValueError as error:
            seen.append(error)

    receiving = asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    if isinstance(outcome, ValueError):
        futures[0].set_exception(outcome)
    else:
        futures[0].set_result(outcome)
    for _ in range(rounds):
        await asyncio.sleep(0)
    receiving.cancel()
    await asyncio.wait([receiving])
    futures[1].set_result("b")
    while not iterator.done():
        await receive()
    assert seen == [outcome, "b"]
