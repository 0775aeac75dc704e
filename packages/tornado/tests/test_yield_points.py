"""Generators as Tornado 3 and 4 knew them."""

from __future__ import annotations

import pytest

from etesian.tornado import gen
from etesian.tornado.ioloop import IOLoop


@pytest.fixture
def run():
    """Run a coroutine function on a loop of its own; give its result."""
    loop = IOLoop(make_current=True)
    yield lambda function: loop.run_sync(function, timeout=5)
    loop.close()
    IOLoop.clear_current()


def later(*results, callback, **named):
    IOLoop.current().add_callback(callback, *results, **named)


@pytest.mark.spec("B-LOOP-109", "B-LOOP-110")
def test_task_gives_what_the_callback_gets(run):
    @gen.coroutine
    def main():
        one = yield gen.Task(later, 1)
        nothing = yield gen.Task(later)
        several = yield gen.Task(later, 1, 2)
        named = yield gen.Task(later, a=3)
        return one, nothing, several, named

    assert run(main) == (
        1,
        None,
        gen.Arguments((1, 2), {}),
        gen.Arguments((), {"a": 3}),
    )


@pytest.mark.spec("B-LOOP-111", "B-LOOP-114", "B-LOOP-115")
def test_callbacks_and_waits_match_by_key(run):
    @gen.coroutine
    def main():
        (yield gen.Callback("early"))("e")
        later("b", callback=(yield gen.Callback(("b", 1))))
        later("a", callback=(yield gen.Callback("a")))
        both = yield gen.WaitAll(["a", ("b", 1)])
        early = yield gen.Wait("early")
        raise gen.Return((both, early))

    assert run(main) == (["a", "b"], "e")


@pytest.mark.spec("B-LOOP-112", "B-LOOP-113", "B-LOOP-115")
def test_misused_keys_are_errors_that_name_the_key(run):
    @gen.coroutine
    def reuse():
        yield gen.Callback(("k", 1))
        yield gen.Callback(("k", 1))

    @gen.coroutine
    def unknown():
        yield gen.Wait(("k", 2))

    @gen.coroutine
    def leak():
        yield gen.Callback(("k", 3))

    for function, error, key in (
        (reuse, gen.KeyReuseError, "1"),
        (unknown, gen.UnknownKeyError, "2"),
        (leak, gen.LeakedCallbackError, "3"),
    ):
        with pytest.raises(error, match=rf"\('k', {key}\)"):
            run(function)


@pytest.mark.spec("B-LOOP-116")
def test_an_exception_in_a_task_is_raised_at_the_yield(run):
    def fail(callback):
        raise ZeroDivisionError

    def fail_later(callback):
        IOLoop.current().add_callback(lambda: 1 / 0)

    @gen.coroutine
    def main():
        caught = []
        for function in (fail, fail_later):
            try:
                yield gen.Task(function)
            except ZeroDivisionError:
                caught.append(function)
        return caught

    assert run(main) == [fail, fail_later]


@pytest.mark.spec("B-LOOP-117")
def test_a_yield_point_cannot_be_awaited(run):
    async def main():
        await gen.Callback("k")

    with pytest.raises(TypeError, match="await"):
        run(main)


def test_a_yield_point_of_ones_own(run):
    class Double(gen.YieldPoint):
        def start(self, runner):
            self.runner = runner
            runner.register_callback(self)
            later(21, callback=runner.result_callback(self))

        def is_ready(self):
            return self.runner.is_ready(self)

        def get_result(self):
            return 2 * self.runner.pop_result(self)

    @gen.coroutine
    def main():
        single = yield Double()
        several = yield [Double(), gen.Task(later, 1)]
        return single, several

    assert run(main) == (42, [42, 1])


@pytest.mark.spec("B-LOOP-107")
def test_a_coroutine_calls_its_callback_with_the_result_and_not_on_failure(run):
    seen = []

    @gen.coroutine
    def double(x):
        yield gen.moment
        return 2 * x

    @gen.coroutine
    def fail():
        yield gen.moment
        raise ZeroDivisionError

    @gen.coroutine
    def main():
        result = yield double(2, callback=seen.append)
        try:
            yield fail(callback=seen.append)
        except ZeroDivisionError:
            seen.append("failed")
        yield gen.moment
        yield gen.moment
        return result

    assert run(main) == 4
    assert sorted(seen, key=str) == [4, "failed"]


@pytest.mark.spec("B-LOOP-108")
def test_an_engine_gives_no_future_and_its_errors_go_to_the_stack_context(run):
    from etesian.tornado.stack_context import ExceptionStackContext

    seen = []

    @gen.engine
    def good():
        value = yield gen.Task(later, 5)
        seen.append(value)

    @gen.engine
    def bad():
        yield gen.Task(later)
        raise KeyError("bad")

    @gen.coroutine
    def main():
        assert good() is None
        with ExceptionStackContext(lambda typ, value, tb: seen.append(typ) or True):
            bad()
        yield gen.sleep(0.01)

    run(main)
    assert seen == [5, KeyError]


def test_a_decorated_function_is_known_as_one():
    @gen.coroutine
    def function():
        """The text."""

    assert gen.is_coroutine_function(function)
    assert (function.__name__, function.__doc__) == ("function", "The text.")


def test_closing_a_waiting_generator_runs_its_finally(run):
    seen = []

    @gen.coroutine
    def wait():
        try:
            yield gen.sleep(10)
        finally:
            seen.append("cleaned up")

    @gen.coroutine
    def main():
        future = wait()
        future.cancel()
        yield gen.moment
        yield gen.moment

    run(main)
    assert seen == ["cleaned up"]
