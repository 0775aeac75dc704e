from __future__ import annotations

import asyncio
import contextvars
import gc
import importlib.machinery
import importlib.util
import logging
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from etesian.core_loop import IOLoop, ioloop
from etesian.core_loop.ioloop.batching import handle_queue
from etesian.core_loop.testing import ExpectLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMPILED = importlib.util.find_spec("etesian.core_loop.ioloop.callback_batches") is not None
PURE = bool(os.environ.get("ETESIAN_PURE_PYTHON"))
WITHOUT = pytest.mark.skipif(
    PURE or not COMPILED,
    reason="pure Python was asked for" if PURE else "this core-loop was built without a compiler",
)
FACTORIES = {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}
# Each loop, and each way in which its callbacks can go: none may be told from another.
WAYS = [
    pytest.param(("asyncio", "in batches"), id="asyncio, in batches", marks=WITHOUT),
    pytest.param(("asyncio", "into its queue"), id="asyncio, into its queue"),
    pytest.param(("asyncio", "through call_soon"), id="asyncio, through call_soon"),
    pytest.param(("uvloop", "in batches"), id="uvloop, in batches", marks=WITHOUT),
    pytest.param(("uvloop", "through call_soon"), id="uvloop, through call_soon"),
]


def make_loop(way: tuple[str, str]) -> IOLoop:
    kind, how = way
    ioloop = IOLoop(make_current=False, asyncio_loop=FACTORIES[kind]())
    go(ioloop, how)
    return ioloop


def go(ioloop: IOLoop, how: str) -> None:
    """Make the callbacks of a loop go one way."""
    if how == "in batches":
        assert "add_callback" in vars(ioloop)
        return
    vars(ioloop).pop("add_callback", None)
    if how == "into its queue":
        assert ioloop._ready is not None
    else:
        ioloop._ready = None


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture
def loop(way: tuple[str, str]) -> Iterator[IOLoop]:
    loop = make_loop(way)
    yield loop
    loop.close()


def run(loop: IOLoop, start: Callable[[], object]) -> None:
    """Call `start` on the loop, and let the loop go on for some iterations."""

    def tick(left: int) -> None:
        if left:
            loop.asyncio_loop.call_soon(tick, left - 1)
        else:
            loop.stop()

    loop.add_callback(start)
    loop.asyncio_loop.call_soon(tick, 20)
    loop.start()


# A tree of callbacks: each is added by asyncio's call_soon or by add_callback, and adds those
# below it when it runs.
TREES = st.recursive(
    st.builds(lambda by: (by, []), st.booleans()),
    lambda below: st.tuples(st.booleans(), st.lists(below, max_size=4)),
    max_leaves=30,
)


def what_runs(loop: IOLoop, trees: list, add: Callable[..., object]) -> list[str]:
    """Run the trees, and tell the names of callbacks in their order, and where iterations end."""
    seen: list[str] = []
    call_soon = loop.asyncio_loop.call_soon
    left = 0

    def plant(tree, name: str) -> None:
        nonlocal left
        left += 1
        (add if tree[0] else call_soon)(grow, tree, name)

    def grow(tree, name: str) -> None:
        nonlocal left
        left -= 1
        seen.append(name)
        for number, branch in enumerate(tree[1]):
            plant(branch, f"{name}.{number}")

    def tick() -> None:
        seen.append("|")
        if left:
            call_soon(tick)
        else:
            loop.stop()

    def start() -> None:
        call_soon(tick)
        for number, tree in enumerate(trees):
            plant(tree, str(number))

    call_soon(start)
    loop.start()
    return seen


@pytest.mark.spec("B-LOOP-024")
@pytest.mark.spec("B-LOOP-025")
@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None)
@given(trees=st.lists(TREES, max_size=8))
def test_order_and_iterations_are_those_of_asyncio(way: tuple[str, str], trees: list) -> None:
    loop = make_loop(way)
    try:
        expected = what_runs(loop, trees, loop.asyncio_loop.call_soon)
        assert what_runs(loop, trees, loop.add_callback) == expected
    finally:
        loop.close()


def test_arguments_arrive(loop: IOLoop) -> None:
    seen = []

    def note(*args: object, **kwargs: object) -> None:
        seen.append((args, kwargs))

    def start() -> None:
        loop.add_callback(note)
        loop.add_callback(note, 1, 2)
        loop.add_callback(note, key=3)
        loop.add_callback(note, 4, key=5, callback=6)

    run(loop, start)
    assert seen == [
        ((), {}),
        ((1, 2), {}),
        ((), {"key": 3}),
        ((4,), {"key": 5, "callback": 6}),
    ]


def test_a_callback_is_needed(loop: IOLoop) -> None:
    errors = []

    def start() -> None:
        for keywords in ({}, {"callback": print}):
            try:
                loop.add_callback(**keywords)
            except TypeError as error:
                errors.append(str(error))

    run(loop, start)
    assert len(errors) == 2
    assert all("add_callback() missing 1 required positional argument" in e for e in errors)


@pytest.mark.spec("B-LOOP-023")
def test_an_error_is_reported_where_it_is_being_handled_and_the_others_run(loop: IOLoop) -> None:
    seen = []

    def fail() -> None:
        raise ValueError("mine")

    def report(callback: object) -> None:
        error = sys.exc_info()[1]
        tail = error.__traceback__
        while tail.tb_next is not None:
            tail = tail.tb_next
        seen.append((callback, str(error), tail.tb_frame.f_code.co_name))

    loop.handle_callback_exception = report

    def start() -> None:
        loop.add_callback(fail)
        loop.add_callback(seen.append, 1)
        loop.add_callback(fail)
        loop.add_callback(lambda: seen.append(sys.exc_info()))

    run(loop, start)
    assert seen == [(fail, "mine", "fail"), 1, (fail, "mine", "fail"), (None, None, None)]


def test_what_a_report_raises_goes_to_the_loop_and_the_others_run(loop: IOLoop) -> None:
    seen, contexts = [], []

    def report(callback: object) -> None:
        raise LookupError

    loop.handle_callback_exception = report
    loop.asyncio_loop.set_exception_handler(lambda _, context: contexts.append(context))

    def start() -> None:
        loop.add_callback(lambda: 1 / 0)
        loop.add_callback(seen.append, 1)
        loop.asyncio_loop.call_soon(seen.append, 2)
        loop.add_callback(seen.append, 3)

    run(loop, start)
    assert seen == [1, 2, 3]
    assert [type(context["exception"]) for context in contexts] == [LookupError]


def test_what_a_report_raises_puts_nothing_off(loop: IOLoop) -> None:
    seen = []

    def report(callback: object) -> None:
        raise LookupError

    loop.handle_callback_exception = report
    loop.asyncio_loop.set_exception_handler(lambda _, context: seen.append(context["message"]))

    def start() -> None:
        loop.add_callback(lambda: 1 / 0)
        loop.add_callback(loop.stop)
        loop.asyncio_loop.call_soon(seen.append, "in the same iteration")

    loop.asyncio_loop.call_soon(start)
    loop.start()
    assert seen[1:] == ["in the same iteration"]
    run(loop, lambda: None)


def test_what_cannot_be_run_although_it_is_a_future_is_reported(loop: IOLoop) -> None:
    seen = []
    loop.handle_callback_exception = lambda of: seen.append((of, type(sys.exc_info()[1])))
    elsewhere = asyncio.SelectorEventLoop()
    future = elsewhere.create_future()

    def start() -> None:
        loop.add_callback(lambda: future)
        loop.add_callback(seen.append, "next")

    run(loop, start)
    elsewhere.close()
    assert seen == [(future, ValueError), "next"]


# uvloop has this flaw itself: its own frames take the error of the caller for theirs.
@pytest.mark.parametrize("way", WAYS[:3])
def test_the_error_of_a_caller_does_not_stay_in_a_generator_that_runs_the_loop(
    loop: IOLoop,
) -> None:
    loop.handle_callback_exception = lambda callback: None

    def runs_the_loop() -> Iterator[object]:
        run(loop, lambda: loop.add_callback(lambda: 1 / 0))
        yield sys.exc_info()[0]
        yield sys.exc_info()[0]

    generator = runs_the_loop()
    try:
        {}["nothing"]
    except KeyError:
        assert next(generator) is KeyError
    assert next(generator) is None


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_leaves_what_follows_in_its_place(loop: IOLoop, interrupt: type) -> None:
    seen = []

    def fail() -> None:
        raise interrupt

    def start() -> None:
        loop.add_callback(seen.append, 1)
        loop.add_callback(fail)
        loop.add_callback(seen.append, 2)
        loop.add_callback(fail)
        loop.add_callback(seen.append, 3)
        loop.asyncio_loop.call_soon(seen.append, 4)
        loop.add_callback(seen.append, 5)

    # asyncio stops at each; uvloop goes on to the end of what was added, and raises then.
    with pytest.raises(interrupt):
        run(loop, start)
    if len(seen) == 1:
        with pytest.raises(interrupt):
            run(loop, lambda: None)
        assert seen == [1, 2]
    run(loop, lambda: None)
    assert seen == [1, 2, 3, 4, 5]


def test_an_interrupt_keeps_the_iterations_apart(loop: IOLoop) -> None:
    seen = []

    def interrupt() -> None:
        raise KeyboardInterrupt

    def last() -> None:
        loop.stop()
        loop.add_callback(seen.append, "in the next iteration")

    def start() -> None:
        loop.add_callback(lambda: loop.add_callback(seen.append, "in this one"))
        loop.add_callback(interrupt)
        loop.add_callback(last)

    # asyncio raises at once, and stops after the iteration that follows; uvloop does it in that.
    with pytest.raises(KeyboardInterrupt):
        run(loop, start)
    if not seen:
        loop.start()
    assert seen == ["in this one"]
    run(loop, lambda: None)
    assert seen == ["in this one", "in the next iteration"]


class Meddling(asyncio.SelectorEventLoop):
    """Does what another thread can while `call_soon` runs."""

    def meddle(self, handle: asyncio.Handle) -> None: ...

    def _call_soon(self, callback, args, context):
        handle = super()._call_soon(callback, args, context)
        self.meddle(handle)
        return handle


@WITHOUT
def test_an_interrupt_leaves_in_its_place_what_came_from_another_thread() -> None:
    seen = []
    asyncio_loop = Meddling()
    loop = IOLoop(make_current=False, asyncio_loop=asyncio_loop)

    def meddle(handle: asyncio.Handle) -> None:
        del asyncio_loop.meddle
        asyncio_loop.call_soon(seen.append, "from another thread")

    def interrupt() -> None:
        asyncio_loop.meddle = meddle
        raise KeyboardInterrupt

    def start() -> None:
        loop.add_callback(interrupt)
        loop.add_callback(seen.append, "behind the interrupt")
        asyncio_loop.call_soon(seen.append, "behind that")

    with pytest.raises(KeyboardInterrupt):
        run(loop, start)
    run(loop, lambda: None)
    loop.close()
    assert seen == ["behind the interrupt", "behind that", "from another thread"]


@WITHOUT
def test_a_callback_is_not_lost_when_another_thread_runs_the_loop_meanwhile() -> None:
    seen = []
    asyncio_loop = Meddling()
    loop = IOLoop(make_current=False, asyncio_loop=asyncio_loop)

    def meddle(handle: asyncio.Handle) -> None:
        del asyncio_loop.meddle
        asyncio_loop._ready.remove(handle)
        handle._run()

    def start() -> None:
        asyncio_loop.meddle = meddle
        loop.add_callback(seen.append, 1)
        loop.add_callback(seen.append, 2)

    run(loop, start)
    loop.close()
    assert seen == [1, 2]


def test_an_awaitable_is_run_and_its_error_reported(loop: IOLoop) -> None:
    seen = []

    async def fail() -> None:
        seen.append(1)
        raise ValueError

    def start() -> None:
        loop.add_callback(fail)
        loop.add_callback(lambda: 5)

    with ExpectLog("etesian.application", "Exception in callback <Task") as expected:
        run(loop, start)
    assert expected.matched
    assert seen == [1]


@pytest.mark.spec("B-LOOP-032")
def test_each_callback_has_a_copy_of_the_context_it_was_added_in(loop: IOLoop) -> None:
    variable = contextvars.ContextVar("variable", default=0)
    seen = []

    def step(value: int) -> None:
        seen.append(variable.get())
        variable.set(value)

    def start() -> None:
        variable.set(1)
        loop.add_callback(step, 10)
        loop.add_callback(step, 11)
        variable.set(2)
        loop.add_callback(step, 12)
        loop.add_callback(seen.append, "end")

    run(loop, start)
    assert seen == [1, 1, 2, "end"]
    assert variable.get() == 0


def test_the_awaitable_of_a_callback_runs_in_its_context(loop: IOLoop) -> None:
    variable = contextvars.ContextVar("variable", default=0)
    seen = []

    async def read() -> None:
        seen.append(variable.get())

    def start() -> None:
        for value in (1, 2):
            variable.set(value)
            loop.add_callback(read)
        variable.set(3)

    run(loop, start)
    assert seen == [1, 2]


def test_nothing_is_kept_once_it_ran(loop: IOLoop) -> None:
    class Callback:
        def __call__(self, *args: object, **kwargs: object) -> None: ...

    gone: list[weakref.ref[Callback]] = []
    alive: list[int] = []

    def start() -> None:
        for _ in range(3):
            callback, argument, keyword = Callback(), Callback(), Callback()
            gone.extend(map(weakref.ref, (callback, argument, keyword)))
            loop.add_callback(callback, argument, keyword=keyword)
            loop.add_callback(lambda: alive.append(sum(each() is not None for each in gone)))

    run(loop, start)
    assert alive == [6, 3, 0]


def test_references_are_counted_well(loop: IOLoop) -> None:
    argument = object()

    def callback(*args: object, **kwargs: object) -> None: ...

    def fail(*args: object) -> None:
        raise ValueError

    loop.handle_callback_exception = lambda callback: None

    def start() -> None:
        for _ in range(1000):
            loop.add_callback(callback)
            loop.add_callback(callback, argument, key=argument)
            loop.add_callback(fail, argument)

    watched = (argument, callback, fail, None, ValueError)

    def counts() -> list[int]:
        run(loop, start)
        gc.collect()
        return [sys.getrefcount(each) for each in watched]

    before, after = counts(), counts()
    assert [abs(a - b) < 100 for a, b in zip(after, before, strict=True)] == [True] * len(watched)


def test_a_loop_with_waiting_callbacks_can_be_collected(way: tuple[str, str]) -> None:
    def leave_one() -> weakref.ref[IOLoop]:
        loop = make_loop(way)

        def start() -> None:
            loop.add_callback(loop.stop)
            loop.add_callback(lambda: loop)
            loop.asyncio_loop.stop()

        loop.asyncio_loop.call_soon(start)
        loop.start()
        loop.close()
        return weakref.ref(loop)

    gone = leave_one()
    gc.collect()
    assert gone() is None


@pytest.mark.spec("B-LOOP-027")
def test_callbacks_of_other_threads_come_in_their_order(loop: IOLoop) -> None:
    seen = []

    def elsewhere() -> None:
        for number in range(100):
            loop.add_callback(seen.append, number)
        loop.add_callback(loop.stop)

    def start() -> None:
        thread.start()

    thread = threading.Thread(target=elsewhere)
    loop.add_callback(start)
    loop.start()
    thread.join()
    assert seen == list(range(100))


@pytest.mark.spec("B-LOOP-028")
def test_a_closed_loop_drops_callbacks_on_its_own_thread(way: tuple[str, str]) -> None:
    kind, how = way

    async def main() -> IOLoop:
        ioloop = IOLoop.current()
        go(ioloop, how)
        ioloop.add_callback(int)
        return ioloop

    with asyncio.Runner(loop_factory=FACTORIES[kind]) as runner:
        ioloop = runner.run(main())
    ioloop.add_callback(pytest.fail, "must not run")
    queue = handle_queue(ioloop.asyncio_loop)
    assert not queue


def test_a_closed_loop_keeps_no_callback_that_was_waiting(way: tuple[str, str]) -> None:
    class Callback:
        def __call__(self) -> None: ...

    async def note_the_thread() -> None:
        assert IOLoop.current() is loop

    loop = make_loop(way)
    loop.asyncio_loop.run_until_complete(note_the_thread())
    callback = Callback()
    waiting = weakref.ref(callback)
    loop.add_callback(callback)
    del callback
    assert waiting() is not None
    loop.close()
    assert waiting() is None


# What goes through call_soon is named by asyncio, and all that by the guard's name; uvloop too.
@pytest.mark.parametrize("way", WAYS[:2])
def test_debug_mode_names_a_callback_that_took_long(
    way: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    loop = make_loop(way)
    loop.asyncio_loop.set_debug(True)
    loop.asyncio_loop.slow_callback_duration = 0.0

    def tardy() -> None: ...

    caplog.set_level(logging.WARNING)
    run(loop, lambda: loop.add_callback(tardy))
    loop.close()
    assert any("tardy" in r.getMessage() and "took" in r.getMessage() for r in caplog.records)


def test_an_add_callback_of_a_subclass_is_the_one_that_is_called() -> None:
    seen = []

    class Counting(IOLoop):
        def add_callback(self, callback, /, *args, **kwargs) -> None:
            seen.append(callback)
            super().add_callback(callback, *args, **kwargs)

    loop = Counting(make_current=False, asyncio_loop=asyncio.new_event_loop())
    loop.spawn_callback(loop.stop)
    loop.start()
    loop.close()
    assert seen == [loop.stop]


def test_a_loop_with_a_call_soon_of_its_own_sees_every_callback() -> None:
    seen = []

    class Watching(asyncio.SelectorEventLoop):
        def call_soon(self, callback, *args, context=None):
            seen.append(callback)
            return super().call_soon(callback, *args, context=context)

    asyncio_loop = Watching()
    assert handle_queue(asyncio_loop) is None
    loop = IOLoop(make_current=False, asyncio_loop=asyncio_loop)
    run(loop, lambda: [loop.add_callback(int) for _ in range(3)])
    loop.close()
    assert seen.count(loop._run) == 3


def test_the_environment_can_ask_for_pure_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETESIAN_PURE_PYTHON", "1")
    loop = IOLoop(make_current=False, asyncio_loop=asyncio.new_event_loop())
    assert "add_callback" not in vars(loop)
    loop.close()


def test_a_callback_can_wait_for_the_next_one_on_a_loop_that_can_be_nested() -> None:
    seen = []

    class Nested(asyncio.SelectorEventLoop):
        _nest_patched = True  # by nest_asyncio

    asyncio_loop = Nested()
    loop = IOLoop(make_current=False, asyncio_loop=asyncio_loop)

    def wait() -> None:
        asyncio_loop._ready.popleft()._run()
        asyncio_loop.call_soon(int)  # this iteration was to run one more
        seen.append("waited")

    def start() -> None:
        loop.add_callback(wait)
        loop.add_callback(seen.append, "next")
        asyncio_loop.call_soon(int)

    run(loop, start)
    loop.close()
    assert seen == ["next", "waited"]


def test_a_compiled_module_that_cannot_be_loaded_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    (tmp_path / f"callback_batches{suffix}").write_bytes(b"cut off")
    monkeypatch.setattr(ioloop, "__path__", [str(tmp_path)])
    monkeypatch.delattr(ioloop, "callback_batches", raising=False)
    monkeypatch.delitem(sys.modules, f"{ioloop.__name__}.callback_batches", raising=False)
    monkeypatch.delenv("ETESIAN_PURE_PYTHON", raising=False)
    with pytest.warns(RuntimeWarning, match="callbacks cost more.*callback_batches"):
        loop = IOLoop(make_current=False, asyncio_loop=asyncio.new_event_loop())
    run(loop, lambda: None)
    loop.close()
