"""What may be yielded by a coroutine, made into a Future."""

from __future__ import annotations

import asyncio
import concurrent.futures
from functools import singledispatch
from inspect import isawaitable
from typing import Any

from etesian.core_loop.concurrent.futures import is_future, loop_for_future

__all__ = ["BadYieldError", "convert_yielded", "maybe_future", "moment"]


class BadYieldError(Exception):
    """A coroutine yielded something that cannot be waited for."""


class _Moment:
    """Type of `moment`."""

    def __repr__(self) -> str:
        return "gen.moment"


# Yielding it, like yielding None, lets the loop run one iteration.
moment = _Moment()


@singledispatch
def convert_yielded(yielded: Any) -> asyncio.Future[Any]:
    """Return a Future of what a coroutine yielded.

    A Future is returned as it is; a `concurrent.futures.Future`, a coroutine and any other
    awaitable become one; a list or dict of these becomes one Future of the list or dict of
    their results (`multi`); None and `moment` become one that is done an iteration later.
    ``convert_yielded.register(type)`` adds a type.

    Raises BadYieldError for anything else. Needs a running loop, except for Futures.
    """
    if asyncio.isfuture(yielded):
        return yielded
    if isawaitable(yielded):
        return asyncio.ensure_future(yielded)
    raise BadYieldError(f"expected something that can be awaited, got {yielded!r}")


@convert_yielded.register
def _(yielded: concurrent.futures.Future) -> asyncio.Future[Any]:  # type: ignore[type-arg]
    return asyncio.wrap_future(yielded)


@convert_yielded.register(type(None))
@convert_yielded.register(_Moment)
def _(yielded: object) -> asyncio.Future[None]:  # noqa: ARG001  what is dispatched on
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    loop.call_soon(_finish, future)
    return future


@convert_yielded.register(list)
@convert_yielded.register(dict)
def _(yielded: Any) -> asyncio.Future[Any]:
    from etesian.core_loop.gen.several import multi  # noqa: PLC0415  it converts its children

    return multi(yielded)


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def maybe_future(x: Any) -> Any:
    """Return a Future as it is, anything else as the result of a finished Future.

    For code that may be given either; where awaitables are to be awaited too,
    `convert_yielded` is the better choice.
    """
    if is_future(x):
        return x
    future = loop_for_future().create_future()
    future.set_result(x)
    return future
