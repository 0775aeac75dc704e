from __future__ import annotations

import contextlib

import pytest

from etesian.tornado import gen, stack_context
from etesian.tornado.ioloop import IOLoop
from etesian.tornado.stack_context import (
    ExceptionStackContext,
    NullContext,
    StackContext,
    StackContextInconsistentError,
    run_with_stack_context,
    wrap,
)


@pytest.fixture
def loop():
    loop = IOLoop(make_current=True)
    yield loop
    loop.close()
    IOLoop.clear_current()


class Surroundings:
    """A factory of contexts that notes when one is entered and left."""

    def __init__(self):
        self.events = []

    @contextlib.contextmanager
    def __call__(self):
        self.events.append("in")
        yield
        self.events.append("out")


def turn(loop, count=3):
    async def wait():
        for _ in range(count):
            await gen.sleep(0.001)

    loop.run_sync(wait)


@pytest.mark.spec("B-UTIL-101")
@pytest.mark.parametrize(
    "schedule",
    [
        lambda loop, f: loop.add_callback(f),
        lambda loop, f: loop.call_later(0.001, f),
        lambda loop, f: loop.add_timeout(loop.time(), f),
        lambda loop, f: loop.call_at(loop.time(), f),
    ],
)
def test_callbacks_run_inside_a_fresh_context(loop, schedule):
    around = Surroundings()
    with StackContext(around):
        schedule(loop, lambda: around.events.append("callback"))
    assert around.events == ["in", "out"]
    turn(loop)
    assert around.events == ["in", "out", "in", "callback", "out"]


@pytest.mark.spec("B-UTIL-102")
def test_a_handler_gets_the_exception_and_may_stop_it(loop):
    seen = []

    def outer(typ, value, tb):
        seen.append(("outer", typ))
        return True

    def inner(typ, value, tb):
        seen.append(("inner", typ, value.args, tb is not None))

    with ExceptionStackContext(outer), ExceptionStackContext(inner):
        loop.add_callback(lambda: {}["missing"])
    turn(loop)
    assert seen == [("inner", KeyError, ("missing",), True), ("outer", KeyError)]


@pytest.mark.spec("B-UTIL-103", "B-UTIL-109", "B-LOOP-046")
def test_what_takes_no_context_along(loop):
    around = Surroundings()
    with StackContext(around):
        with NullContext():
            loop.add_callback(around.events.append, "null")
        loop.spawn_callback(around.events.append, "spawned")
        loop.add_callback_from_signal(around.events.append, "signalled")
    turn(loop)
    assert around.events == ["in", "out", "null", "spawned", "signalled"]


@pytest.mark.spec("B-UTIL-104")
def test_wrap():
    assert wrap(None) is None
    around = Surroundings()
    with StackContext(around):
        wrapped = wrap(lambda x: around.events.append(x) or x)
    assert wrap(wrapped) is wrapped
    assert wrapped(1) == 1
    assert around.events == ["in", "out", "in", 1, "out"]


@pytest.mark.spec("B-UTIL-105")
def test_the_as_value_deactivates_the_context(loop):
    around = Surroundings()
    with StackContext(around) as deactivate:
        loop.add_callback(around.events.append, "without")
        deactivate()
    turn(loop)
    assert around.events == ["in", "out", "without"]


@pytest.mark.spec("B-UTIL-106")
def test_yielding_inside_a_context_is_an_error(loop):
    @gen.coroutine
    def main():
        with StackContext(Surroundings()):
            yield gen.moment

    with pytest.raises(StackContextInconsistentError):
        loop.run_sync(main)


@pytest.mark.spec("B-UTIL-107", "B-UTIL-110")
def test_run_with_stack_context_surrounds_the_callbacks_of_a_coroutine(loop):
    around = Surroundings()

    def loop_turn(callback):
        loop.add_callback(callback)

    @gen.coroutine
    def inner():
        yield gen.Task(loop_turn)
        loop.add_callback(around.events.append, "callback")

    @gen.coroutine
    def main():
        yield run_with_stack_context(StackContext(around), inner)
        around.events.append("after")
        assert stack_context.active_contexts() == ()

    loop.run_sync(main)
    turn(loop)
    position = around.events.index("callback")
    assert around.events[position - 1] == "in"
    assert around.events[position + 1] == "out"


@pytest.mark.spec("B-UTIL-108")
def test_a_context_stays_within_its_own_chain_of_callbacks(loop):
    around = Surroundings()
    later = []
    loop.add_callback(lambda: later.append(stack_context.active_contexts()))
    with StackContext(around):
        chained = wrap(lambda: later.append(len(stack_context.active_contexts())))
    loop.add_callback(chained)
    loop.add_callback(lambda: later.append(stack_context.active_contexts()))
    turn(loop)
    assert later == [(), 1, ()]
