from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref

import pytest

from etesian.core_loop import IOLoop
from etesian.core_loop.ioloop.ready import ready_queue
from etesian.core_loop.testing import ExpectLog


@pytest.fixture(params=["short", "through call_soon"])
def plain(request: pytest.FixtureRequest) -> IOLoop:
    """An IOLoop over asyncio's own loop, going the short way or the one every loop has."""
    ioloop = IOLoop(make_current=False, asyncio_loop=asyncio.new_event_loop())
    assert ioloop._ready is not None
    if request.param != "short":
        ioloop._ready = None
    yield ioloop
    ioloop.close()


def run(ioloop: IOLoop, start) -> None:
    ioloop.add_callback(start)
    ioloop.call_later(0.01, ioloop.stop)
    ioloop.start()


def test_only_loops_that_are_known_to_have_a_queue_show_it() -> None:
    class WithItsOwnCallSoon(asyncio.SelectorEventLoop):
        def call_soon(self, callback, *args, context=None):
            return super().call_soon(callback, *args, context=context)

    for factory, shows in ((asyncio.SelectorEventLoop, True), (WithItsOwnCallSoon, False)):
        loop = factory()
        assert (ready_queue(loop) is not None) is shows
        loop.close()


def test_order_is_kept_with_asyncio_and_nothing_runs_in_the_same_iteration(plain: IOLoop) -> None:
    seen = []
    loop = plain.asyncio_loop

    def start() -> None:
        plain.add_callback(seen.append, 1)
        loop.call_soon(lambda: (seen.append(2), plain.add_callback(seen.append, 6)))
        plain.add_callback(lambda *args, last: seen.extend((*args, last)), 3, last=4)
        loop.call_soon(seen.append, 5)

    run(plain, start)
    assert seen == [1, 2, 3, 4, 5, 6]


def test_errors_awaitables_and_contexts_are_the_same(plain: IOLoop) -> None:
    variable = contextvars.ContextVar("variable", default=0)
    seen = []

    async def fail() -> None:
        seen.append(variable.get())
        raise ValueError

    def start() -> None:
        variable.set(1)
        plain.add_callback(fail)
        plain.add_callback(lambda: seen.append(variable.get()))
        variable.set(2)
        plain.add_callback(int, "x")
        plain.add_callback(asyncio.Future(loop=plain.asyncio_loop).cancel)

    with (
        ExpectLog("etesian.application", "Exception in callback <class 'int'>") as first,
        ExpectLog("etesian.application", "Exception in callback <Task") as second,
    ):
        run(plain, start)
    assert (first.matched, second.matched) == (True, True)
    assert seen == [1, 1]


def test_an_interrupt_leaves_what_follows_for_the_next_start(plain: IOLoop) -> None:
    seen = []

    def interrupt() -> None:
        raise KeyboardInterrupt

    def start() -> None:
        plain.add_callback(interrupt)
        plain.add_callback(seen.append, 1)

    with pytest.raises(KeyboardInterrupt):
        run(plain, start)
    run(plain, lambda: None)
    assert seen == [1]


def test_nothing_is_kept_once_it_ran(plain: IOLoop) -> None:
    class Callback:
        def __call__(self) -> None: ...

    gone = []

    def start() -> None:
        callback = Callback()
        gone.append(weakref.ref(callback))
        plain.add_callback(callback)

    run(plain, start)
    gc.collect()
    assert gone[0]() is None


def test_a_closed_loop_drops_callbacks_on_its_own_thread(plain: IOLoop) -> None:
    async def main() -> IOLoop:
        ioloop = IOLoop.current()
        ioloop._ready = ioloop._ready if plain._ready is not None else None
        return ioloop

    ioloop = asyncio.run(main())
    ioloop.add_callback(pytest.fail, "must not run")
    assert not ioloop.asyncio_loop._ready


def test_debug_mode_names_a_callback_that_took_long(caplog: pytest.LogCaptureFixture) -> None:
    ioloop = IOLoop(make_current=False, asyncio_loop=asyncio.new_event_loop())
    ioloop.asyncio_loop.set_debug(True)
    ioloop.asyncio_loop.slow_callback_duration = 0.0

    def tardy() -> None: ...

    run(ioloop, lambda: ioloop.add_callback(tardy))
    ioloop.close()
    assert any("tardy" in r.getMessage() and "took" in r.getMessage() for r in caplog.records)
