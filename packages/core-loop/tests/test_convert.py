from __future__ import annotations

import asyncio
import concurrent.futures

import pytest

from etesian.core_loop import gen


@pytest.mark.spec("B-LOOP-080")
async def test_a_type_can_be_registered() -> None:
    class Order:
        def __init__(self, value: int) -> None:
            self.value = value

    @gen.convert_yielded.register(Order)
    def _(order: Order) -> asyncio.Future[int]:
        return gen.maybe_future(order.value)

    @gen.coroutine
    def work() -> object:
        return (yield Order(4))

    assert await work() == 4
    assert await gen.convert_yielded([Order(1), Order(2)]) == [1, 2]


@pytest.mark.spec("B-LOOP-081")
async def test_everything_awaitable_becomes_a_future() -> None:
    async def native() -> int:
        return 1

    class Awaitable:
        def __await__(self) -> object:
            yield
            return 2

    future = asyncio.get_running_loop().create_future()
    thread: concurrent.futures.Future[int] = concurrent.futures.Future()
    thread.set_result(3)
    assert gen.convert_yielded(future) is future
    for given, result in ((native(), 1), (Awaitable(), 2), (thread, 3), ([], []), (None, None)):
        converted = gen.convert_yielded(given)
        assert asyncio.isfuture(converted)
        assert await converted == result
    with pytest.raises(gen.BadYieldError, match="42"):
        gen.convert_yielded(42)


async def test_a_cancelled_moment_is_left_alone() -> None:
    gen.convert_yielded(None).cancel()
    await asyncio.sleep(0.001)


@pytest.mark.spec("B-LOOP-106")
async def test_maybe_future_leaves_futures_and_wraps_the_rest() -> None:
    future = asyncio.get_running_loop().create_future()
    assert gen.maybe_future(future) is future
    assert await gen.maybe_future("x") == "x"
    assert await gen.maybe_future(None) is None


def test_the_moment_prints_as_what_it_is() -> None:
    assert repr(gen.moment) == "gen.moment"
