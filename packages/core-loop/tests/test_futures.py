from __future__ import annotations

import asyncio
import concurrent.futures
import subprocess
import sys
import threading
from concurrent.futures import Future as ThreadFuture

import pytest

from etesian.core_loop import IOLoop
from etesian.core_loop import concurrent as ours
from etesian.core_loop.testing import ExpectLog


def new_future() -> asyncio.Future[int]:
    return asyncio.get_running_loop().create_future()


@pytest.mark.spec("B-LOOP-118")
@pytest.mark.spec("B-LOOP-119")
@pytest.mark.spec("B-LOOP-120")
async def test_a_future_is_asyncios() -> None:
    assert ours.Future is asyncio.Future
    future = ours.Future()
    for look in (future.result, future.exception):
        with pytest.raises(asyncio.InvalidStateError):
            look()
    future.set_result(1)
    assert future.result() == 1
    assert future.exception() is None
    failed = ours.Future()
    failed.set_exception(KeyError("x"))
    with pytest.raises(KeyError):
        failed.result()


@pytest.mark.spec("B-LOOP-121")
async def test_a_done_callback_of_a_finished_future_is_called() -> None:
    future = new_future()
    future.set_result(1)
    seen = []
    future.add_done_callback(seen.append)
    await asyncio.sleep(0.001)
    assert seen == [future]
    ours.future_add_done_callback(future, seen.append)
    assert seen == [future, future]


def test_futures_of_both_kinds_are_futures() -> None:
    assert ours.is_future(ThreadFuture())
    loop = asyncio.new_event_loop()
    assert ours.is_future(loop.create_future())
    loop.close()
    assert not ours.is_future(1)


async def test_chaining_copies_each_outcome_unless_there_is_one() -> None:
    for kind_a in (new_future, ThreadFuture):
        for kind_b in (new_future, ThreadFuture):
            a, b = kind_a(), kind_b()
            ours.chain_future(a, b)
            a.set_result(5)
            await asyncio.sleep(0.002)
            assert b.result() == 5
            a, b = kind_a(), kind_b()
            ours.chain_future(a, b)
            a.set_exception(KeyError("x"))
            await asyncio.sleep(0.002)
            assert isinstance(b.exception(), KeyError)
            a, b = kind_a(), kind_b()
            ours.chain_future(a, b)
            a.cancel()
            await asyncio.sleep(0.002)
            assert b.cancelled()
            a, b = kind_a(), kind_b()
            ours.chain_future(a, b)
            b.set_result("first")
            a.set_result("late")
            await asyncio.sleep(0.002)
            assert b.result() == "first"


async def test_chaining_from_another_thread_finishes_on_the_loop() -> None:
    future, thread_future = new_future(), ThreadFuture()
    ours.chain_future(thread_future, future)
    thread = threading.Thread(target=thread_future.set_result, args=(7,))
    thread.start()
    assert await asyncio.wait_for(future, 5) == 7
    thread.join()


@pytest.mark.spec("B-LOOP-123")
async def test_a_future_belongs_to_the_thread_of_its_loop() -> None:
    asyncio.get_running_loop().set_debug(True)
    future = new_future()
    future.add_done_callback(print)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        from_outside = pool.submit(future.set_result, 1)
    with pytest.raises(RuntimeError, match="thread"):
        from_outside.result()


async def test_a_cancelled_future_takes_no_result_and_logs_an_error() -> None:
    future = new_future()
    future.cancel()
    ours.future_set_result_unless_cancelled(future, 1)
    with ExpectLog("etesian.application", "Exception after the Future was cancelled"):
        ours.future_set_exception_unless_cancelled(future, KeyError())
    open_future = new_future()
    ours.future_set_result_unless_cancelled(open_future, 1)
    assert await open_future == 1
    failed = new_future()
    ours.future_set_exc_info(failed, (KeyError, KeyError("x"), None))
    with pytest.raises(KeyError):
        await failed
    with pytest.raises(ValueError, match="empty exc_info"):
        ours.future_set_exc_info(new_future(), (None, None, None))


class Worker:
    def __init__(self) -> None:
        self.executor = concurrent.futures.ThreadPoolExecutor(1)
        self.other = ours.dummy_executor

    @ours.run_on_executor
    def where(self) -> int:
        return threading.get_ident()

    @ours.run_on_executor(executor="other")
    def here(self, value: int, *, more: int) -> tuple[int, int, int]:
        return threading.get_ident(), value, more

    @ours.run_on_executor()
    def fail(self) -> None:
        raise ValueError("in the executor")


@pytest.mark.spec("B-LOOP-126")
@pytest.mark.spec("B-LOOP-127")
async def test_a_method_runs_on_the_executor_it_names() -> None:
    worker = Worker()
    with worker.executor:
        future = worker.where()
        assert asyncio.isfuture(future)
        assert await future != threading.get_ident()
        assert await worker.here(1, more=2) == (threading.get_ident(), 1, 2)
        with pytest.raises(ValueError, match="in the executor"):
            await worker.fail()
        worker.io_loop = IOLoop.current()
        assert (await worker.where()) != threading.get_ident()


def test_the_dummy_executor_runs_at_once() -> None:
    assert ours.dummy_executor.submit(int, "4").result() == 4
    with pytest.raises(ValueError, match="invalid literal"):
        ours.dummy_executor.submit(int, "x").result()
    ours.dummy_executor.shutdown()
    assert isinstance(ours.dummy_executor, ours.DummyExecutor)


@pytest.mark.spec("B-LOOP-131")
def test_the_end_of_the_interpreter_logs_nothing() -> None:
    program = """
import asyncio
from etesian.core_loop import IOLoop, gen
loop = IOLoop.current()
@gen.coroutine
def wait():
    yield asyncio.Future()
waiting = wait()
loop.call_later(0.01, loop.stop)
loop.start()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stderr == b""
