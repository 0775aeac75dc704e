from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import threading

import pytest
import uvloop

from etesian.core_loop import IOLoop
from etesian.core_loop.gen import BadYieldError, coroutine


@pytest.mark.spec("B-LOOP-001")
def test_current_makes_a_loop_before_any_runs() -> None:
    assert IOLoop.current(instance=False) is None
    loop = IOLoop.current()
    assert IOLoop.current(instance=False) is loop
    assert IOLoop.current() is loop
    loop.close()
    assert IOLoop.current(instance=False) is None


async def test_current_is_the_one_ioloop_of_the_running_loop() -> None:
    loop = IOLoop.current()
    assert loop.asyncio_loop is asyncio.get_running_loop()
    assert IOLoop.current(instance=False) is loop
    with pytest.raises(RuntimeError, match="already belongs to"):
        IOLoop(asyncio_loop=asyncio.get_running_loop())


def test_a_running_loop_without_an_ioloop_gets_none_unasked() -> None:
    async def main() -> None:
        assert IOLoop.current(instance=False) is None
        assert IOLoop.current(instance=True) is IOLoop.current()

    asyncio.run(main())


def test_threads_have_loops_of_their_own(ioloop: IOLoop) -> None:
    seen = []

    def look() -> None:
        seen.append(IOLoop.current(instance=False))
        loop = IOLoop.current()
        seen.append(loop)
        loop.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen[0] is None
    assert seen[1] is not ioloop


@pytest.mark.spec("B-LOOP-002")
def test_a_loop_is_current_while_it_runs(ioloop: IOLoop) -> None:
    other = IOLoop(make_current=False)
    seen = []
    other.add_callback(lambda: seen.append(IOLoop.current()))
    other.add_callback(other.stop)
    other.start()
    other.close()
    assert seen == [other]
    assert IOLoop.current() is ioloop


@pytest.mark.spec("B-LOOP-003")
@pytest.mark.spec("B-LOOP-004")
@pytest.mark.spec("B-LOOP-005")
def test_a_new_loop_becomes_current_as_asked() -> None:
    untouched = IOLoop(make_current=False)
    assert IOLoop.current(instance=False) is None
    first = IOLoop()
    assert IOLoop.current() is first
    second = IOLoop()
    assert IOLoop.current() is first
    with pytest.raises(RuntimeError, match="current IOLoop already"):
        IOLoop(make_current=True)
    IOLoop.clear_current()
    third = IOLoop(make_current=True)
    assert IOLoop.current() is third
    for loop in (untouched, first, second, third):
        loop.close()


@pytest.mark.spec("B-LOOP-006")
def test_a_stop_before_the_start_keeps_it_from_waiting(ioloop: IOLoop) -> None:
    ioloop.call_later(60, pytest.fail, "waited")
    ioloop.stop()
    ioloop.start()


@pytest.mark.spec("B-LOOP-007")
def test_stop_ends_the_loop_after_the_iteration(ioloop: IOLoop) -> None:
    ticks = []

    def tick() -> None:
        ticks.append(1)
        ioloop.add_callback(tick)

    ioloop.add_callback(ioloop.stop)
    ioloop.add_callback(tick)
    ioloop.start()
    assert 1 <= len(ticks) <= 3  # uvloop's own stop is a callback too


@pytest.mark.spec("B-LOOP-008")
@pytest.mark.spec("B-LOOP-012")
def test_run_sync_returns_the_result(ioloop: IOLoop) -> None:
    async def native() -> int:
        await asyncio.sleep(0.001)
        return 1

    @coroutine
    def generator() -> object:
        yield None
        return 2

    assert ioloop.run_sync(native) == 1
    assert ioloop.run_sync(generator) == 2
    assert ioloop.run_sync(lambda: [native(), native()]) == [1, 1]
    assert ioloop.run_sync(lambda: None) is None


@pytest.mark.spec("B-LOOP-009")
def test_run_sync_raises_the_error_and_the_loop_stays_usable(ioloop: IOLoop) -> None:
    async def fail() -> None:
        raise ValueError("mine")

    for _ in range(2):
        with pytest.raises(ValueError, match="mine"):
            ioloop.run_sync(fail)
        with pytest.raises(ZeroDivisionError):
            ioloop.run_sync(lambda: 1 / 0)
    assert ioloop.run_sync(lambda: None) is None


@pytest.mark.spec("B-LOOP-010")
def test_run_sync_raises_after_the_timeout_and_says_where_it_was(ioloop: IOLoop) -> None:
    cancelled = []

    async def stuck() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def outer() -> None:
        await stuck()

    with pytest.raises(TimeoutError, match=r"0\.02 seconds") as raised:
        ioloop.run_sync(outer, timeout=0.02)
    assert "in stuck" in raised.value.__notes__[0]
    assert cancelled == [True]


def test_run_sync_does_not_wait_for_one_that_ignores_its_cancellation(
    ioloop: IOLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etesian.core_loop.ioloop.sync.CANCEL_GRACE", 0.01)
    free = asyncio.Event()

    async def stubborn() -> None:
        while not free.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await free.wait()

    with pytest.raises(TimeoutError):
        ioloop.run_sync(stubborn, timeout=0.01)
    free.set()
    ioloop.run_sync(lambda: asyncio.sleep(0.01))


@pytest.mark.spec("B-LOOP-011")
@pytest.mark.parametrize("value", [42, "text", object()])
def test_run_sync_refuses_what_cannot_be_awaited(ioloop: IOLoop, value: object) -> None:
    with pytest.raises(BadYieldError):
        ioloop.run_sync(lambda: value)


def test_a_run_that_was_too_long_stops_no_later_one(
    ioloop: IOLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etesian.core_loop.ioloop.sync.CANCEL_GRACE", 0.01)
    with pytest.raises(TimeoutError):
        ioloop.run_sync(lambda: asyncio.sleep(60), timeout=0.001)
    assert ioloop.run_sync(lambda: asyncio.sleep(0.03, "whole"), timeout=5) == "whole"


def test_a_running_loop_cannot_be_started_and_stays_as_it_was(ioloop: IOLoop) -> None:
    seen = []

    async def work() -> None:
        with pytest.raises(RuntimeError, match="running already"):
            ioloop.start()
        ioloop.add_callback(seen.append, 1)
        await asyncio.sleep(0.001)

    ioloop.run_sync(work)
    assert seen == [1]


def test_run_sync_says_so_when_something_stops_the_loop(ioloop: IOLoop) -> None:
    async def wait() -> None:
        ioloop.stop()
        await asyncio.sleep(60)

    with pytest.raises(RuntimeError, match="stopped before"):
        ioloop.run_sync(wait)
    ioloop.run_sync(lambda: asyncio.sleep(0))


@pytest.mark.spec("B-LOOP-013")
def test_a_running_loop_cannot_be_closed(ioloop: IOLoop) -> None:
    async def close() -> None:
        with pytest.raises(RuntimeError, match="running"):
            ioloop.close()

    ioloop.run_sync(close)
    ioloop.close()
    ioloop.close()
    assert ioloop.asyncio_loop.is_closed()


@pytest.mark.spec("B-LOOP-059")
def test_configure_chooses_the_implementation() -> None:
    class Mine(IOLoop):
        pass

    before = IOLoop.configured_class()
    try:
        IOLoop.configure(Mine)
        mine = IOLoop(make_current=False)
        IOLoop.configure("etesian.core_loop.ioloop.uvloop.UvloopIOLoop")
        by_name = IOLoop(make_current=False)
        IOLoop.configure("uvloop")
        short = IOLoop(make_current=False)
        IOLoop.configure("asyncio")
        back = IOLoop(make_current=False)
        with pytest.raises(ValueError, match="subclass of IOLoop"):
            IOLoop.configure(dict)  # type: ignore[arg-type]
        with pytest.raises(ImportError):
            IOLoop.configure("no.such.thing")
    finally:
        IOLoop.configure(before)
    assert type(mine) is Mine
    assert isinstance(by_name.asyncio_loop, uvloop.Loop)
    assert isinstance(short.asyncio_loop, uvloop.Loop)
    assert not isinstance(back.asyncio_loop, uvloop.Loop)
    for loop in (mine, by_name, short, back):
        loop.close()


@pytest.mark.spec("B-LOOP-061")
def test_start_sets_up_logging_only_where_there_is_none(ioloop: IOLoop) -> None:
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    application = logging.getLogger("etesian.application")
    mine = logging.NullHandler()
    try:
        application.addHandler(mine)
        ioloop.run_sync(lambda: None)
        assert root.handlers == []
        application.removeHandler(mine)
        ioloop.run_sync(lambda: None)
        assert len(root.handlers) == 1
    finally:
        root.handlers = handlers


@pytest.mark.spec("B-LOOP-062")
def test_each_new_loop_owns_an_asyncio_loop(ioloop: IOLoop) -> None:
    other = IOLoop()
    assert other.asyncio_loop is not ioloop.asyncio_loop
    other.close()
    assert other.asyncio_loop.is_closed()


def test_an_asyncio_future_made_before_the_start_belongs_to_the_current_loop(
    ioloop: IOLoop,
) -> None:
    future: asyncio.Future[int] = asyncio.Future()
    ioloop.call_later(0.001, future.set_result, 3)
    assert ioloop.run_sync(lambda: future) == 3


def test_asyncio_may_run_the_current_loop(ioloop: IOLoop) -> None:
    seen = []
    ioloop.add_callback(seen.append, 1)
    ioloop.call_later(0.001, ioloop.asyncio_loop.stop)
    ioloop.asyncio_loop.run_forever()
    assert seen == [1]


async def test_run_in_executor_awaits_a_thread() -> None:
    assert await IOLoop.current().run_in_executor(None, threading.get_ident) != (
        threading.get_ident()
    )


@pytest.mark.spec("S092")
def test_a_forked_child_gets_a_loop_of_its_own_and_cannot_run_the_parents() -> None:
    program = """
import asyncio, os, sys
from etesian.core_loop import IOLoop
loop = IOLoop.current()
loop.run_sync(lambda: None)
child = os.fork()
if not child:
    try:
        loop.start()
    except RuntimeError as error:
        assert "before the fork" in str(error), error
    else:
        sys.exit(3)
    mine = IOLoop.current()
    assert mine is not loop
    assert mine.run_sync(lambda: asyncio.sleep(0.001, 5)) == 5
    loop.close()
    mine.close()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
# The child's end took nothing out of the parent's set of descriptors.
import threading
threading.Timer(0.05, loop.add_callback, [loop.stop]).start()
loop.call_later(5, sys.exit, 4)
loop.start()
loop.close()
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=20)


@pytest.mark.spec("B-LOOP-064")
def test_a_closed_loop_is_current_no_more(ioloop: IOLoop) -> None:
    ioloop.asyncio_loop.close()
    assert IOLoop.current(instance=False) is None
    fresh = IOLoop.current()
    assert fresh is not ioloop
    fresh.close()


def test_asyncio_run_leaves_nothing_behind() -> None:
    async def main() -> IOLoop:
        return IOLoop.current()

    loops = [asyncio.run(main()) for _ in range(3)]
    assert len(set(map(id, loops))) == 3
    assert IOLoop.current(instance=False) is None


def test_importing_and_running_costs_little_over_asyncio() -> None:
    """The whole of it is measured elsewhere; this holds the list of modules short."""
    program = """
import sys, asyncio
before = set(sys.modules)
from etesian.core_loop import IOLoop
loop = IOLoop()
loop.run_sync(lambda: asyncio.sleep(0))
loop.close()
loaded = sorted(set(sys.modules) - before)
assert len(loaded) < 35, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True, env=dict(os.environ))
