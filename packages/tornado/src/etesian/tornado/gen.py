"""``tornado.gen``: coroutines, and the generators of Tornado 3 and 4."""

from __future__ import annotations

import functools
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from etesian.core_loop.interface import api as core_loop
from etesian.tornado import stack_context
from etesian.tornado.concurrent import ReturnValueIgnoredError, hand_over
from etesian.tornado.ioloop import IOLoop
from etesian.tornado.lending import lend
from etesian.tornado.yield_points import (  # noqa: F401 - offered here, used by programs
    Arguments,
    Callback,
    KeyReuseError,
    LeakedCallbackError,
    Task,
    UnknownKeyError,
    Wait,
    WaitAll,
    YieldPoint,
    begin_generator,
)

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.gen": """
            Return with_timeout sleep moment WaitIterator multi multi_future convert_yielded
            maybe_future is_coroutine_function BadYieldError Runner Multi MultiYieldPoint
        """,
        "core_loop.util": "TimeoutError",
        "core_loop.concurrent": "is_future",
    },
    renamed={"Multi": "multi", "MultiYieldPoint": "multi"},
    own="""
        Arguments Callback KeyReuseError LeakedCallbackError ReturnValueIgnoredError
        Task UnknownKeyError Wait WaitAll YieldPoint YieldFuture coroutine engine
    """,
)


def YieldFuture(future: Future[Any], io_loop: object = None) -> Future[Any]:  # noqa: N802
    """Give the Future: generators wait for it as it is."""
    del io_loop
    return future


def coroutine(
    func: Callable[..., Any], replace_callback: bool = True
) -> Callable[..., Future[Any]]:
    """Make a generator function a coroutine; its calls take ``callback=`` too.

    The callback is called with the result, and not where the coroutine fails.
    """
    run = core_loop.gen.coroutine(_supervised(func))

    @functools.wraps(run)
    def wrapper(*args: Any, **kwargs: Any) -> Future[Any]:
        callback = kwargs.pop("callback", None) if replace_callback else None
        future = run(*args, **kwargs)
        if callback is not None:
            hand_over(future, callback)
        return future

    return wrapper


def engine(func: Callable[..., Any]) -> Callable[..., None]:
    """Make a generator function one that is called and not waited for.

    Its errors go to the stack contexts of the caller, or to the log.
    """
    run = core_loop.gen.coroutine(_supervised(func))

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        def finish(future: Future[Any]) -> None:
            if future.result() is not None:
                raise ReturnValueIgnoredError("a function under @gen.engine gives no result")

        IOLoop.current().add_future(run(*args, **kwargs), stack_context.wrap(finish))

    return wrapper


def _supervised(func: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = func(*args, **kwargs)
        return _supervise(result) if isinstance(result, Generator) else result

    return call


def _supervise(generator: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run a generator with keys of its own, and see that it leaves its stack contexts."""
    keys = begin_generator()
    contexts = stack_context.active_contexts()
    value: Any = None
    error: BaseException | None = None
    while True:
        try:
            yielded = generator.send(value) if error is None else generator.throw(error)
        except (StopIteration, core_loop.gen.Return) as end:
            keys.check_nothing_leaked()
            return end.value
        value, error = None, None
        if stack_context.active_contexts() is not contexts:
            error = stack_context.StackContextInconsistentError(
                "yield inside a with StackContext block; use run_with_stack_context"
            )
            continue
        try:
            value = yield yielded
        except GeneratorExit:
            generator.close()
            raise
        except BaseException as caught:  # noqa: BLE001 - the generator's to deal with
            error = caught
