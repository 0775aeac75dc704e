"""Methods that run in an executor."""

from __future__ import annotations

import concurrent.futures
import functools
from typing import TYPE_CHECKING, Any, TypeVar, overload

from etesian.core_loop.concurrent.futures import chain_future, loop_for_future

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from etesian.core_loop.ioloop.loop import IOLoop

__all__ = ["DummyExecutor", "dummy_executor", "run_on_executor"]

_Result = TypeVar("_Result")


class DummyExecutor(concurrent.futures.Executor):
    """An executor that runs a function at once, in the calling thread."""

    def submit(
        self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[_Result]:
        """Call ``fn`` now and return a finished Future of its outcome."""
        future: concurrent.futures.Future[_Result] = concurrent.futures.Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  the Future carries it
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do nothing: there is nothing to shut down."""


dummy_executor = DummyExecutor()


@overload
def run_on_executor(fn: Callable[..., _Result], /) -> Callable[..., asyncio.Future[_Result]]: ...
@overload
def run_on_executor(
    *, executor: str = "executor", io_loop: str = "io_loop"
) -> Callable[[Callable[..., _Result]], Callable[..., asyncio.Future[_Result]]]: ...
def run_on_executor(
    fn: Callable[..., Any] | None = None, /, *, executor: str = "executor", io_loop: str = "io_loop"
) -> Any:
    """Make a method run in an executor and return a Future of its result.

    The executor is the attribute `executor` of the object, or the attribute that the
    argument names. The Future belongs to the loop that runs when the method is called; where
    the object has an IOLoop in the attribute `io_loop` names, to that one.
    """
    if fn is None:
        return functools.partial(_on_executor, executor=executor, io_loop=io_loop)
    return _on_executor(fn, executor=executor, io_loop=io_loop)


def _on_executor(
    fn: Callable[..., _Result], *, executor: str, io_loop: str
) -> Callable[..., asyncio.Future[_Result]]:
    @functools.wraps(fn)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> asyncio.Future[_Result]:
        ioloop: IOLoop | None = getattr(self, io_loop, None)
        loop = loop_for_future() if ioloop is None else ioloop.asyncio_loop
        future: asyncio.Future[_Result] = loop.create_future()
        pool: concurrent.futures.Executor = getattr(self, executor)
        chain_future(pool.submit(fn, self, *args, **kwargs), future)
        return future

    return wrapper
