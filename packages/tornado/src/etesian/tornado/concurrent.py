"""``tornado.concurrent``: Futures, and work in threads."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any

from etesian.core_loop.interface import api as core_loop
from etesian.tornado.ioloop import IOLoop
from etesian.tornado.lending import lend
from etesian.tornado.stack_context import ExceptionStackContext, wrap

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.concurrent": """
            is_future chain_future DummyExecutor dummy_executor
            future_set_result_unless_cancelled future_set_exception_unless_cancelled
            future_set_exc_info future_add_done_callback
        """,
    },
    own="Future TracebackFuture ReturnValueIgnoredError return_future run_on_executor",
)


class ReturnValueIgnoredError(Exception):
    """A function that passes its result to a callback returned one as well."""


class _FutureType(type(asyncio.Future)):  # type: ignore[misc]
    """Lets every Future of asyncio pass for one: coroutines give those."""

    def __instancecheck__(cls, instance: object) -> bool:
        return asyncio.isfuture(instance)


class Future(asyncio.Future, metaclass=_FutureType):  # type: ignore[type-arg]
    """A Future of asyncio, that can be made before the loop runs, with the methods of 4.x."""

    def __init__(self, *, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(loop=loop or IOLoop.current().asyncio_loop)

    def running(self) -> bool:
        """Say whether the outcome is still to come."""
        return not self.done()

    def exc_info(
        self,
    ) -> tuple[type[BaseException], BaseException, TracebackType | None] | None:
        """Give the exception as a triple, or ``None`` where there is none."""
        error = self.exception() if self.done() and not self.cancelled() else None
        return None if error is None else (type(error), error, error.__traceback__)

    def set_exc_info(
        self, exc_info: tuple[type[BaseException], BaseException, TracebackType | None]
    ) -> None:
        """Set the exception of a triple."""
        self.set_exception(exc_info[1])


TracebackFuture = Future


def return_future(f: Callable[..., Any]) -> Callable[..., Future]:
    """Make a function that takes ``callback=`` give a Future, and take a callback still.

    The callback's argument is the Future's result; what is raised before it is
    called, also by callbacks on the way, is the Future's exception.
    """
    replacer = core_loop.util.ArgReplacer(f, "callback")

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Future:
        future = Future()

        def take_result(value: Any = None) -> None:
            future.set_result(value)

        def take_exception(typ: object, value: BaseException, tb: object) -> bool:
            del typ, tb
            if not future.done():
                future.set_exception(value)
            return True

        callback, positional, named = replacer.replace(take_result, args, kwargs)
        with ExceptionStackContext(take_exception):
            if f(*positional, **named) is not None:
                raise ReturnValueIgnoredError(
                    "a function under @return_future must give its result to the callback"
                )
        if callback is not None:
            hand_over(future, callback)
        return future

    return wrapper


def run_on_executor(*args: Any, **kwargs: Any) -> Any:
    """Make a method run in an executor and give a Future; it takes ``callback=`` as well.

    The arguments are those of the function of that name in ``etesian.core_loop.concurrent``.
    """

    def decorate(fn: Callable[..., Any]) -> Callable[..., asyncio.Future[Any]]:
        method = core_loop.concurrent.run_on_executor(**kwargs)(fn)

        @functools.wraps(fn)
        def wrapper(
            self: object, *args: Any, callback: Callable[..., object] | None = None, **named: Any
        ) -> asyncio.Future[Any]:
            future: asyncio.Future[Any] = method(self, *args, **named)
            if callback is not None:
                hand_over(future, callback)
            return future

        return wrapper

    return decorate(*args) if args else decorate


def hand_over(future: asyncio.Future[Any], callback: Callable[..., object]) -> None:
    """Call ``callback`` with the result, on the loop; with nothing where it is ``None``.

    An exception is not for the callback: it goes to the stack contexts, or the log.
    """

    def run(done: asyncio.Future[Any]) -> None:
        result = done.result()
        if result is None:
            callback()
        else:
            callback(result)

    IOLoop.current().add_future(future, wrap(run))
