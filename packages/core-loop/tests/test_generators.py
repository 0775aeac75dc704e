from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import gc
import inspect
import sys
import time
import weakref
from typing import TYPE_CHECKING

import pytest

from etesian.core_loop import gen

if TYPE_CHECKING:
    from etesian.core_loop import IOLoop


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.spec("B-LOOP-067")
async def test_a_coroutine_runs_up_to_the_first_unfinished_yield() -> None:
    seen = []

    @gen.coroutine
    def work() -> object:
        seen.append("began")
        done = asyncio.get_running_loop().create_future()
        done.set_result("there")
        seen.append((yield done))
        yield gen.sleep(0.001)
        seen.append("ended")

    future = work()
    assert asyncio.isfuture(future)
    assert seen == ["began", "there"]
    await future
    assert seen[-1] == "ended"


@pytest.mark.spec("B-LOOP-068")
async def test_an_error_is_the_futures_and_not_the_calls() -> None:
    @gen.coroutine
    def at_once() -> object:
        raise ValueError("at once")
        yield

    @gen.coroutine
    def later() -> object:
        yield
        raise ValueError("later")

    @gen.coroutine
    def no_generator() -> None:
        raise ValueError("plain")

    for call, text in ((at_once, "at once"), (later, "later"), (no_generator, "plain")):
        future = call()
        with pytest.raises(ValueError, match=text):
            await future


@pytest.mark.spec("B-LOOP-069")
@pytest.mark.spec("B-LOOP-070")
@pytest.mark.spec("B-LOOP-104")
async def test_each_way_to_return() -> None:
    @gen.coroutine
    def by_return() -> object:
        yield
        return 1

    @gen.coroutine
    def by_raising() -> object:
        yield
        raise gen.Return(1)

    @gen.coroutine
    def bare() -> object:
        yield
        return

    @gen.coroutine
    def plain() -> int:
        return 1

    @gen.coroutine
    def plain_raising() -> None:
        raise gen.Return(1)

    assert [await f() for f in (by_return, by_raising, plain, plain_raising)] == [1] * 4
    assert await bare() is None
    assert gen.Return().value is None


@pytest.mark.spec("B-LOOP-071")
async def test_an_error_is_raised_at_the_yield() -> None:
    @gen.coroutine
    def fail() -> object:
        yield
        raise KeyError("inner")

    @gen.coroutine
    def catch() -> object:
        try:
            yield fail()
        except KeyError as error:
            return error.args
        return None

    assert await catch() == ("inner",)


@pytest.mark.spec("B-LOOP-072")
@pytest.mark.spec("B-LOOP-073")
@pytest.mark.spec("B-LOOP-074")
@pytest.mark.spec("B-LOOP-078")
@pytest.mark.spec("B-LOOP-079")
async def test_what_may_be_yielded() -> None:
    async def native(value: int) -> int:
        await asyncio.sleep(0)
        return value

    @gen.coroutine
    def generator(value: int) -> object:
        yield gen.moment
        return value

    pool = concurrent.futures.ThreadPoolExecutor(1)

    @gen.coroutine
    def work() -> object:
        assert (yield [native(2), generator(1)]) == [2, 1]
        assert (yield {"a": native(1), "b": generator(2)}) == {"a": 1, "b": 2}
        assert (yield []) == []
        assert (yield {}) == {}
        assert (yield native(3)) == 3
        assert (yield asyncio.ensure_future(native(4))) == 4
        assert (yield pool.submit(int, "5")) == 5
        assert (yield [native(1), [native(2), pool.submit(int, "3")]]) == [1, [2, 3]]
        return "ended"

    with pool:
        assert await work() == "ended"


@pytest.mark.spec("B-LOOP-075")
@pytest.mark.spec("B-LOOP-076")
async def test_none_and_moment_let_the_loop_go_round() -> None:
    for nothing in (None, gen.moment):
        seen = []

        @gen.coroutine
        def work(nothing: object = nothing, seen: list[str] = seen) -> object:
            asyncio.get_running_loop().call_soon(seen.append, "loop")
            yield nothing
            seen.append("coroutine")

        await work()
        assert seen == ["loop", "coroutine"]


@pytest.mark.spec("B-LOOP-077")
async def test_what_may_not_be_yielded_fails_at_the_yield() -> None:
    @gen.coroutine
    def work() -> object:
        for wrong in (42, "text", object()):
            with pytest.raises(gen.BadYieldError):
                yield wrong
        return (yield gen.maybe_future("still usable"))

    assert await work() == "still usable"


@pytest.mark.spec("B-LOOP-082")
async def test_what_is_done_costs_no_iteration() -> None:
    @gen.coroutine
    def work() -> object:
        for _ in range(100):
            yield gen.maybe_future(None)

    assert work().done()


@pytest.mark.spec("B-LOOP-100")
def test_a_long_chain_of_calls_leaves_nothing_behind(ioloop: IOLoop) -> None:
    @gen.coroutine
    def ping(n: int) -> object:
        yield gen.moment
        if n:
            asyncio.get_running_loop().call_soon(follow, n - 1)
        else:
            ioloop.stop()

    def follow(n: int) -> None:
        ping(n)

    ioloop.add_callback(follow, 100)
    ioloop.start()
    gc.collect()
    before = len(gc.get_objects())
    ioloop.add_callback(follow, 3000)
    ioloop.start()
    gc.collect()
    assert len(gc.get_objects()) - before < 1000


@pytest.mark.spec("B-LOOP-101")
async def test_a_caught_exception_is_no_context_of_a_later_one() -> None:
    @gen.coroutine
    def fail() -> object:
        yield
        raise KeyError

    @gen.coroutine
    def work() -> object:
        with contextlib.suppress(KeyError):
            yield fail()
        yield
        raise ValueError

    with pytest.raises(ValueError) as raised:
        await work()
    assert raised.value.__context__ is None


@pytest.mark.spec("B-LOOP-102")
async def test_a_waiting_generator_survives_a_collection() -> None:
    finished = []

    @gen.coroutine
    def work() -> object:
        # Nobody but the timer of another object will touch this Future again.
        future = asyncio.get_running_loop().create_future()
        holder.append(future)
        yield future
        finished.append(True)

    holder: list[asyncio.Future[None]] = []
    work()
    reference = holder.pop()
    asyncio.get_running_loop().call_later(0.005, reference.set_result, None)
    del reference
    gc.collect()
    await asyncio.sleep(0.02)
    assert finished == [True]


@pytest.mark.spec("B-LOOP-102")
async def test_a_generator_that_nothing_refers_to_is_not_ended_by_a_collection() -> None:
    ended = []

    @gen.coroutine
    def work() -> object:
        try:
            yield asyncio.get_running_loop().create_future()
        finally:
            ended.append(True)

    work()
    gc.collect()
    assert ended == []


async def test_a_failed_coroutine_leaves_no_cycle() -> None:
    class Error(Exception):
        pass

    @gen.coroutine
    def inner() -> object:
        yield
        raise Error

    @gen.coroutine
    def outer() -> object:
        yield inner()

    gc.collect()
    gc.disable()
    try:
        future = outer()
        await settle()
        error = weakref.ref(future.exception())
        del future
        await settle()
        assert error() is None
    finally:
        gc.enable()


@pytest.mark.spec("B-LOOP-103")
@pytest.mark.spec("B-LOOP-105")
def test_a_coroutine_keeps_the_functions_face() -> None:
    @gen.coroutine
    def documented(a: int, *, b: str = "") -> object:
        """The words."""
        yield

    assert gen.is_coroutine_function(documented)
    assert not gen.is_coroutine_function(print)
    assert documented.__name__ == "documented"
    assert documented.__doc__ == "The words."
    assert list(inspect.signature(documented).parameters) == ["a", "b"]


def test_a_coroutine_may_be_called_before_the_loop_runs(ioloop: IOLoop) -> None:
    @gen.coroutine
    def work() -> object:
        yield early
        return 7

    early = asyncio.Future()
    future = work()
    ioloop.call_later(0.001, early.set_result, None)
    assert ioloop.run_sync(lambda: future) == 7


async def test_an_async_function_may_be_decorated_too() -> None:
    @gen.coroutine
    async def native() -> int:
        await asyncio.sleep(0)
        return 3

    assert await native() == 3


async def test_cancelling_the_future_cancels_what_is_waited_for() -> None:
    seen = []
    inner = asyncio.get_running_loop().create_future()

    @gen.coroutine
    def work() -> object:
        try:
            yield inner
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    future = work()
    future.cancel()
    await settle()
    assert inner.cancelled()
    assert seen == ["cancelled"]


async def test_a_generator_runs_in_one_context_of_its_own() -> None:
    variable = contextvars.ContextVar("variable", default=0)

    @gen.coroutine
    def work() -> object:
        variable.set(5)
        yield gen.sleep(0.001)
        return variable.get()

    assert await work() == 5
    assert variable.get() == 0


async def test_a_stop_iteration_becomes_a_runtime_error() -> None:
    @gen.coroutine
    def work() -> None:
        raise StopIteration(3)

    with pytest.raises(RuntimeError):
        await work()


@pytest.mark.spec("B-LOOP-122")
def test_an_error_that_nobody_looks_at_is_logged(
    ioloop: IOLoop, caplog: pytest.LogCaptureFixture
) -> None:
    @gen.coroutine
    def fail() -> object:
        yield
        raise ValueError("unobserved")

    async def leave_alone() -> None:
        fail()
        await settle()
        gc.collect()

    async def look() -> None:
        future = fail()
        await settle()
        future.exception()
        del future
        gc.collect()

    ioloop.run_sync(look)
    assert caplog.records == []
    ioloop.run_sync(leave_alone)
    assert any("never retrieved" in record.getMessage() for record in caplog.records)


@pytest.mark.spec("B-LOOP-087")
async def test_a_very_large_list_takes_linear_time() -> None:
    async def seconds(size: int) -> float:
        futures = [asyncio.get_running_loop().create_future() for _ in range(size)]
        began = time.process_time()
        together = gen.multi(futures)
        for future in futures:
            future.set_result(None)
        assert len(await together) == size
        return time.process_time() - began

    few = max(0.001, min([await seconds(500) for _ in range(3)]))
    many = min([await seconds(20_000) for _ in range(3)])
    assert many < 400 * few  # 40 times as many: quadratic time would be 1600 times as long


def test_the_recursion_of_python_limits_no_loop_of_finished_yields(ioloop: IOLoop) -> None:
    @gen.coroutine
    def work() -> object:
        for _ in range(sys.getrecursionlimit() * 2):
            yield gen.maybe_future(None)
        return "ended"

    assert ioloop.run_sync(work) == "ended"
