"""Futures: asyncio's, and what is done to them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from etesian.core_loop import loop_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TypeAlias

__all__ = [
    "Future",
    "chain_future",
    "future_add_done_callback",
    "future_set_exc_info",
    "future_set_exception_unless_cancelled",
    "future_set_result_unless_cancelled",
    "is_future",
    "loop_for_future",
]

Future = asyncio.Future

AnyFuture: TypeAlias = "asyncio.Future[Any] | concurrent.futures.Future[Any]"
_Value = TypeVar("_Value")

_log = logging.getLogger("etesian.application")


def loop_for_future() -> asyncio.AbstractEventLoop:
    """Return the loop that a Future made now belongs to.

    The running one; before any runs, that of the IOLoop that is current on this thread.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        ioloop = loop_registry.on_this_thread()
        if ioloop is not None:
            return ioloop.asyncio_loop
    from etesian.core_loop.ioloop.loop import IOLoop  # noqa: PLC0415  it needs this package

    return IOLoop.current().asyncio_loop


def is_future(x: object) -> TypeGuard[AnyFuture]:
    """Tell whether `x` is a Future of asyncio or of `concurrent.futures`."""
    return asyncio.isfuture(x) or isinstance(x, concurrent.futures.Future)


def future_set_result_unless_cancelled(
    future: asyncio.Future[_Value] | concurrent.futures.Future[_Value], value: _Value
) -> None:
    """Set the result, unless the Future was cancelled; it must not be done otherwise."""
    if not future.cancelled():
        future.set_result(value)


def future_set_exception_unless_cancelled(future: AnyFuture, exc: BaseException) -> None:
    """Set the exception, or log it if the Future was cancelled: it is never lost."""
    if not future.cancelled():
        future.set_exception(exc)
    else:
        _log.error("Exception after the Future was cancelled", exc_info=exc)


def future_set_exc_info(
    future: AnyFuture,
    exc_info: tuple[type[BaseException] | None, BaseException | None, TracebackType | None],
) -> None:
    """Set the exception of an ``exc_info`` triple, unless the Future was cancelled.

    Raises ValueError when the triple holds none.
    """
    if exc_info[1] is None:
        raise ValueError("expected an exception, got an empty exc_info")
    future_set_exception_unless_cancelled(future, exc_info[1])


def future_add_done_callback(future: AnyFuture, callback: Callable[[Any], object]) -> None:
    """Call ``callback(future)`` when the Future is done; at once if it is done already."""
    if future.done():
        callback(future)
    else:
        future.add_done_callback(callback)


def chain_future(a: AnyFuture, b: AnyFuture) -> None:
    """Give `b` the outcome of `a` when `a` is done, unless `b` is done by then.

    Each may be asyncio's or of `concurrent.futures`. Cancelling `a` cancels `b`;
    cancelling `b` leaves `a` alone.
    """

    def copy(done: AnyFuture) -> None:
        if b.done():
            return
        if done.cancelled():
            b.cancel()
        elif (error := done.exception()) is not None:
            b.set_exception(error)
        else:
            b.set_result(done.result())

    def copy_on_its_loop(done: AnyFuture) -> None:
        # A Future of asyncio may be touched on its own loop alone.
        if isinstance(b, concurrent.futures.Future) or _runs_here(b):
            copy(done)
        else:
            b.get_loop().call_soon_threadsafe(copy, done)

    future_add_done_callback(a, copy_on_its_loop)


def _runs_here(future: asyncio.Future[Any]) -> bool:
    try:
        return asyncio.get_running_loop() is future.get_loop()
    except RuntimeError:
        return False
