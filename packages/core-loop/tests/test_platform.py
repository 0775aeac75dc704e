from __future__ import annotations

import asyncio
import concurrent.futures

import pytest

from etesian.core_loop import IOLoop, gen
from etesian.core_loop.platform.asyncio import (
    AsyncIOLoop,
    AsyncIOMainLoop,
    BaseAsyncIOLoop,
    to_asyncio_future,
    to_tornado_future,
)


@pytest.mark.spec("B-LOOP-062")
def test_an_asyncioloop_owns_a_new_loop() -> None:
    first, second = AsyncIOLoop(make_current=False), AsyncIOLoop(make_current=False)
    assert first.asyncio_loop is not second.asyncio_loop
    assert isinstance(first, BaseAsyncIOLoop)
    assert first.run_sync(lambda: gen.sleep(0)) is None
    first.close()
    second.close()


@pytest.mark.spec("B-LOOP-063")
def test_a_main_loop_is_over_the_loop_that_is_set() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    main = AsyncIOMainLoop()
    assert main.asyncio_loop is loop
    assert IOLoop.current() is main
    seen = []
    main.add_callback(seen.append, 1)
    loop.run_until_complete(asyncio.sleep(0.001))
    assert seen == [1]
    main.close()


@pytest.mark.spec("B-LOOP-063")
async def test_a_main_loop_is_over_the_running_loop() -> None:
    main = AsyncIOMainLoop()
    assert main.asyncio_loop is asyncio.get_running_loop()
    assert IOLoop.current() is main


def test_a_main_loop_makes_a_loop_where_there_is_none() -> None:
    asyncio.set_event_loop(None)
    main = AsyncIOMainLoop()
    assert IOLoop.current() is main
    assert main.run_sync(lambda: gen.sleep(0)) is None
    main.close()


@pytest.mark.spec("B-LOOP-065")
async def test_futures_convert_both_ways() -> None:
    async def native() -> int:
        return 1

    assert await to_asyncio_future(native()) == 1
    assert await to_asyncio_future([native(), native()]) == [1, 1]
    future = asyncio.get_running_loop().create_future()
    assert to_tornado_future(future) is future
    thread: concurrent.futures.Future[int] = concurrent.futures.Future()
    thread.set_result(2)
    assert await to_tornado_future(thread) == 2
