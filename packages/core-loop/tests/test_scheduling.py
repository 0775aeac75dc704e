from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import gc
import logging
import os
import signal
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from etesian.core_loop import IOLoop
from etesian.core_loop.testing import ExpectLog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Eventually = Callable[[Callable[[], object]], Awaitable[None]]


def current() -> IOLoop:
    return IOLoop.current()


@pytest.mark.spec("B-LOOP-024")
@pytest.mark.spec("B-LOOP-025")
@pytest.mark.spec("B-LOOP-026")
async def test_callbacks_run_later_in_order_with_their_arguments() -> None:
    seen = []
    done = asyncio.get_running_loop().create_future()
    current().add_callback(seen.append, 1)
    current().add_callback(lambda *args, **kwargs: seen.append((args, kwargs)), 2, three=3)
    current().add_callback(seen.append, 4)
    current().add_callback(done.set_result, None)
    assert seen == []
    await done
    assert seen == [1, ((2,), {"three": 3}), 4]


async def test_callbacks_keep_their_place_among_those_of_asyncio() -> None:
    seen = []
    loop = asyncio.get_running_loop()
    for n in range(0, 6, 2):
        current().add_callback(seen.append, n)
        loop.call_soon(seen.append, n + 1)
    await asyncio.sleep(0.001)
    assert seen == list(range(6))


async def test_a_callback_that_adds_itself_leaves_room_for_others(eventually: Eventually) -> None:
    rounds = 0

    def again() -> None:
        nonlocal rounds
        rounds += 1
        if not stop:
            current().add_callback(again)

    stop: list[bool] = []
    again()
    await eventually(lambda: rounds > 5)
    stop.append(True)


async def test_a_callback_runs_in_the_context_it_was_added_in() -> None:
    variable = contextvars.ContextVar("variable", default=0)
    seen = []
    variable.set(1)
    current().add_callback(lambda: seen.append(variable.get()))
    current().call_later(0, lambda: seen.append(variable.get()))
    current().call_at(0, lambda: seen.append(variable.get()))
    variable.set(2)
    await asyncio.sleep(0.01)
    assert seen == [1, 1, 1]


@pytest.mark.spec("B-LOOP-027")
def test_a_callback_from_another_thread_wakes_an_idle_loop(ioloop: IOLoop) -> None:
    started = time.monotonic()
    thread = threading.Thread(target=lambda: (time.sleep(0.02), ioloop.add_callback(ioloop.stop)))
    ioloop.call_later(5, ioloop.stop)
    ioloop.add_callback(thread.start)
    ioloop.start()
    thread.join()
    assert time.monotonic() - started < 2


@pytest.mark.spec("B-LOOP-028")
def test_a_callback_on_a_closed_loop_is_dropped(ioloop: IOLoop) -> None:
    ioloop.close()
    ioloop.add_callback(pytest.fail, "must not run")
    ioloop.add_callback_from_signal(pytest.fail, "must not run")


@pytest.mark.spec("B-LOOP-029")
async def test_a_callback_may_be_added_by_the_garbage_collector() -> None:
    seen = []
    loop = current()

    class Cyclic:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            loop.add_callback(seen.append, "collected")

    Cyclic()
    gc.collect()
    await asyncio.sleep(0.001)
    assert seen == ["collected"]


@pytest.mark.spec("B-LOOP-030")
@pytest.mark.spec("B-LOOP-031")
def test_a_signal_is_handled_while_the_loop_is_idle(ioloop: IOLoop) -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: ioloop.add_callback_from_signal(ioloop.stop))
    started = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        ioloop.call_later(5, ioloop.stop)
        ioloop.start()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 2


@pytest.mark.spec("B-LOOP-023")
async def test_the_error_of_a_callback_is_logged_and_the_loop_goes_on() -> None:
    with ExpectLog("etesian.application", "Exception in callback") as expected:
        current().add_callback(lambda: 1 / 0)
        current().add_callback(int, "x")
        await asyncio.sleep(0.001)
    assert expected.matched
    assert expected.logged_stack


@pytest.mark.spec("B-LOOP-032")
@pytest.mark.spec("B-LOOP-045")
async def test_an_awaitable_that_a_callback_returns_is_run_and_its_error_logged(
    eventually: Eventually,
) -> None:
    seen = []

    async def fail() -> None:
        await asyncio.sleep(0)
        seen.append("ran")
        raise ValueError

    with ExpectLog("etesian.application", "Exception in callback <Task") as expected:
        current().spawn_callback(fail)
        await eventually(lambda: expected.matched)
    with ExpectLog("etesian.application", "Exception in callback <Task") as expected:
        current().add_callback(lambda: [fail()][0])
        await eventually(lambda: expected.matched)
    pool = concurrent.futures.ThreadPoolExecutor(1)
    with pool, ExpectLog("etesian.application", "Exception in callback <Future") as expected:
        current().add_callback(pool.submit, int, "x")
        await eventually(lambda: expected.matched)
    assert seen == ["ran", "ran"]


async def test_a_spawned_coroutine_survives_a_garbage_collection(eventually: Eventually) -> None:
    seen = []

    async def wait_for_itself() -> None:
        future = asyncio.get_running_loop().create_future()
        current().call_later(0.01, gc.collect)
        current().call_later(0.02, future.set_result, 1)
        del future
        await asyncio.sleep(0.03)
        seen.append(1)

    current().spawn_callback(wait_for_itself)
    await eventually(lambda: seen)
    assert seen == [1]


async def test_a_cancellation_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    def cancelled() -> None:
        raise asyncio.CancelledError

    async def cancelled_later() -> None:
        raise asyncio.CancelledError

    current().add_callback(cancelled)
    current().add_callback(cancelled_later)
    await asyncio.sleep(0.005)
    assert caplog.records == []


@pytest.mark.spec("B-LOOP-033")
async def test_an_empty_container_returned_is_left_alone() -> None:
    calls = []
    current().add_callback(lambda: calls.append(1) or [])
    current().add_callback(lambda: calls.append(1) or {})
    await asyncio.sleep(0.005)
    assert len(calls) == 2


@pytest.mark.spec("B-LOOP-034")
async def test_add_future_calls_back_on_a_later_iteration() -> None:
    done = asyncio.get_running_loop().create_future()
    done.set_result(7)
    seen = []
    current().add_future(done, lambda future: seen.append(future.result()))
    assert seen == []
    await asyncio.sleep(0.001)
    assert seen == [7]


async def test_add_future_takes_a_future_of_a_thread() -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        thread = threading.get_ident()
        called = asyncio.get_running_loop().create_future()
        current().add_future(
            pool.submit(int, "8"),
            lambda future: called.set_result((future.result(), threading.get_ident())),
        )
        assert await called == (8, thread)


@pytest.mark.spec("B-LOOP-035")
@pytest.mark.spec("B-LOOP-036")
async def test_add_timeout_takes_a_moment_or_a_timedelta_and_arguments() -> None:
    seen = []

    def note(*args: object, **kwargs: object) -> None:
        seen.append((args, kwargs))

    loop = current()
    loop.add_timeout(loop.time() + 0.005, note, 1, a=1)
    loop.add_timeout(timedelta(milliseconds=15), note, 2, a=2)
    loop.call_at(loop.time() + 0.025, note, 3, a=3)
    loop.call_later(0.035, note, 4, a=4)
    for wrong in ("1", None, [1]):
        with pytest.raises(TypeError, match="number or a timedelta"):
            loop.add_timeout(wrong, note)  # type: ignore[arg-type]
    await asyncio.sleep(0.06)
    assert seen == [((n,), {"a": n}) for n in (1, 2, 3, 4)]


@pytest.mark.spec("B-LOOP-037")
@pytest.mark.spec("B-LOOP-038")
@pytest.mark.spec("B-LOOP-039")
async def test_a_removed_timeout_never_fires() -> None:
    loop = current()
    seen = []
    early = loop.call_later(0, seen.append, "early")
    removed = [
        loop.call_later(0.005, seen.append, "later"),
        loop.call_at(loop.time() + 0.005, seen.append, "at"),
        loop.add_timeout(loop.time() + 0.005, seen.append, "timeout"),
        loop.add_timeout(timedelta(seconds=0.005), seen.append, "delta"),
    ]
    for timeout in removed:
        loop.remove_timeout(timeout)
        loop.remove_timeout(timeout)
    when = loop.time() + 0.005
    second = None
    loop.call_at(when, lambda: loop.remove_timeout(second))
    second = loop.call_at(when, seen.append, "removed in the iteration in which it was due")
    await asyncio.sleep(0.02)
    assert seen == ["early"]
    loop.remove_timeout(early)
    loop.remove_timeout(second)


@pytest.mark.spec("B-LOOP-040")
async def test_equal_deadlines_fire_in_the_order_of_their_creation() -> None:
    loop = current()
    seen = []
    when = loop.time() + 0.01
    for n in range(50):
        timeout = loop.call_at(when, seen.append, n)
        if n % 7 == 0:
            loop.remove_timeout(timeout)
    await asyncio.sleep(0.03)
    assert seen == [n for n in range(50) if n % 7]


@pytest.mark.spec("B-LOOP-041")
async def test_removed_timeouts_do_not_accumulate() -> None:
    loop = current()
    gc.collect()
    before = len(gc.get_objects())
    for n in range(3000):
        loop.remove_timeout(loop.call_later(3600, print))
        loop.remove_timeout(loop.call_at(loop.time() + 3600 + n, print))
        if n % 500 == 0:
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.001)
    gc.collect()
    assert len(gc.get_objects()) - before < 2000


@pytest.mark.spec("B-LOOP-042")
async def test_timers_do_not_starve_io() -> None:
    loop = current()
    reader, writer = os.pipe()
    seen = []

    def slow() -> None:
        time.sleep(0.002)
        if not seen:
            loop.call_later(0, slow)

    loop.add_handler(reader, lambda fd, _: seen.append(os.read(fd, 1)), loop.READ)
    loop.call_later(0, slow)
    os.write(writer, b"x")
    await asyncio.sleep(0.03)
    loop.remove_handler(reader)
    os.close(reader)
    os.close(writer)
    assert seen == [b"x"]


@pytest.mark.spec("B-LOOP-043")
@pytest.mark.spec("B-LOOP-044")
async def test_the_clock_is_the_loops_and_monotonic() -> None:
    loop = current()
    assert isinstance(loop.time(), float)
    assert loop.time() == pytest.approx(asyncio.get_running_loop().time(), abs=1)
    assert loop.time() == pytest.approx(time.monotonic(), abs=60)


@pytest.mark.spec("B-LOOP-047")
def test_an_idle_loop_does_not_wake_up(ioloop: IOLoop) -> None:
    ioloop.call_later(0.3, ioloop.stop)
    before = time.process_time()
    ioloop.start()
    assert time.process_time() - before < 0.05


def test_an_interrupt_leaves_the_rest_of_the_timers_due(ioloop: IOLoop) -> None:
    seen = []
    when = ioloop.time()

    def interrupt() -> None:
        raise KeyboardInterrupt

    ioloop.call_at(when, seen.append, 1)
    ioloop.call_at(when, interrupt)
    ioloop.call_at(when, seen.append, 2)
    with pytest.raises(KeyboardInterrupt):
        ioloop.start()
    ioloop.call_later(0.01, ioloop.stop)
    ioloop.start()
    assert seen == [1, 2]


def test_a_subclass_may_do_something_else_with_errors() -> None:
    errors = []

    class Strict(IOLoop):
        def handle_callback_exception(self, callback: object) -> None:
            errors.append(callback)
            logging.getLogger("etesian").debug("seen")

    loop = Strict(make_current=False)

    def fail() -> None:
        raise ValueError

    loop.add_callback(fail)
    loop.add_callback(loop.stop)
    loop.start()
    loop.close()
    assert errors == [fail]
