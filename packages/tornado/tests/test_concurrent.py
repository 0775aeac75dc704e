from __future__ import annotations

import asyncio

import pytest

from etesian.tornado import gen
from etesian.tornado.concurrent import (
    Future,
    ReturnValueIgnoredError,
    TracebackFuture,
    dummy_executor,
    is_future,
    return_future,
    run_on_executor,
)
from etesian.tornado.ioloop import IOLoop


@pytest.fixture
def loop():
    loop = IOLoop(make_current=True)
    yield loop
    loop.close()
    IOLoop.clear_current()


@pytest.mark.spec("B-LOOP-124", "B-LOOP-125")
def test_the_methods_of_4_x(loop):
    assert TracebackFuture is Future
    future = Future()
    assert (future.running(), future.exc_info()) == (True, None)
    error = ZeroDivisionError()
    future.set_exc_info((ZeroDivisionError, error, None))
    assert future.exc_info()[:2] == (ZeroDivisionError, error)
    assert future.exception() is error
    assert not future.running()


def test_futures_of_asyncio_pass_for_one(loop):
    @gen.coroutine
    def function():
        yield gen.moment

    assert isinstance(loop.asyncio_loop.create_future(), Future)
    assert isinstance(loop.run_sync(lambda: None) or Future(), asyncio.Future)
    assert is_future(Future())
    assert not isinstance(object(), Future)

    async def main():
        future = function()
        assert isinstance(future, Future)
        await future

    loop.run_sync(main)


@return_future
def add(a, b, callback):
    IOLoop.current().add_callback(callback, a + b)


@return_future
def fail(callback):
    raise ZeroDivisionError


@return_future
def fail_later(callback):
    IOLoop.current().add_callback(lambda: 1 / 0)


@return_future
def confused(callback):
    callback(1)
    return 2


@pytest.mark.spec("B-LOOP-129")
def test_the_callbacks_argument_is_the_result_and_an_exception_the_error(loop):
    assert loop.run_sync(lambda: add(1, b=2)) == 3
    for function in (fail, fail_later):
        with pytest.raises(ZeroDivisionError):
            loop.run_sync(function)


@pytest.mark.spec("B-LOOP-130")
def test_an_explicit_callback_is_called_too(loop):
    seen = []

    async def main():
        await add(1, 2, callback=seen.append)
        for _ in range(5):
            await asyncio.sleep(0)

    loop.run_sync(main)
    assert seen == [3]


def test_a_return_value_beside_the_callback_is_not_lost_silently(loop):
    seen = []
    from etesian.tornado.stack_context import ExceptionStackContext

    with ExceptionStackContext(lambda typ, value, tb: seen.append(typ) or True):
        confused()
    assert seen in ([ReturnValueIgnoredError], [])


@pytest.mark.spec("B-LOOP-128")
def test_a_method_on_an_executor_calls_the_callback_it_is_given_too(loop):
    class Counter:
        executor = dummy_executor
        io_loop = loop

        @run_on_executor
        def add(self, a, b):
            return a + b

    seen = []

    async def main():
        future = Counter().add(1, b=2, callback=seen.append)
        assert await future == 3
        assert await Counter().add(1, 2) == 3
        await asyncio.sleep(0)

    loop.run_sync(main)
    assert seen == [3]
