"""Coroutines written as generators."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, TypeVar, overload

from etesian.core_loop.concurrent.futures import loop_for_future
from etesian.core_loop.gen.runner import Return, Runner

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["coroutine", "is_coroutine_function"]

_Result = TypeVar("_Result")

# Set on what `coroutine` returns.
_MARK = "__etesian_coroutine__"


@overload
def coroutine(
    func: Callable[..., Generator[Any, Any, _Result]],
) -> Callable[..., asyncio.Future[_Result]]: ...
@overload
def coroutine(func: Callable[..., _Result]) -> Callable[..., asyncio.Future[_Result]]: ...
def coroutine(func: Callable[..., Any]) -> Callable[..., asyncio.Future[Any]]:
    """Make a generator function a coroutine: calling it returns a Future.

    The call runs the generator up to the first ``yield`` of something that is not there
    yet, with no iteration of the loop for what is. ``yield x`` waits for `x` (whatever
    `convert_yielded` takes) and is its result, or raises its error. The generator's return
    value, or ``raise Return(value)``, is the Future's result; its error, even an early one,
    is the Future's. A function that is no generator gives its return value as the result.

    Cancelling the Future cancels what the generator is waiting for. New code is better
    written as ``async def``.
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> asyncio.Future[Any]:
        future = loop_for_future().create_future()
        try:
            result = func(*args, **kwargs)
        except Return as returned:
            result = returned.value
        except StopIteration as error:  # what a Future cannot carry
            future.set_exception(RuntimeError(f"{func!r} raised {error!r}"))
            return future
        except Exception as error:  # noqa: BLE001  the Future carries it
            future.set_exception(error)
            return future
        if isinstance(result, Generator):
            Runner(result, future).run()
        elif asyncio.iscoroutine(result):
            return asyncio.ensure_future(result, loop=future.get_loop())
        else:
            future.set_result(result)
        return future

    setattr(wrapper, _MARK, True)
    return wrapper


def is_coroutine_function(func: object) -> bool:
    """Tell whether `coroutine` made `func`; an ``async def`` is for `inspect` to tell."""
    return getattr(func, _MARK, False)
