"""Several awaitables waited for as one."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeAlias

from etesian.core_loop.concurrent.futures import loop_for_future
from etesian.core_loop.concurrent.waiting import Waiter, give_up
from etesian.core_loop.gen.convert import convert_yielded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["multi", "multi_future"]

Quiet: TypeAlias = "type[BaseException] | tuple[type[BaseException], ...]"

_log = logging.getLogger("etesian.application")


def multi(
    children: Sequence[Any] | Mapping[Any, Any], quiet_exceptions: Quiet = ()
) -> asyncio.Future[Any]:
    """Return a Future of the results of `children`, a list or a dict of awaitables.

    All of them run at once and are waited for; the result has the order or the keys of
    `children`, each of which may be anything that `convert_yielded` takes and may occur more
    than once. If some fail, the error of the first of them, in the order given, is raised
    when all have ended; other errors are logged, unless they are `quiet_exceptions`.

    Cancelling the Future cancels the children that have not ended; a lock or an item that
    another child was handed goes to the next one who waits.
    """
    if not isinstance(children, dict):
        return _gather(list(children), quiet_exceptions, list)
    keys = list(children)
    return _gather(
        list(children.values()),
        quiet_exceptions,
        lambda results: dict(zip(keys, results, strict=True)),
    )


multi_future = multi


def _gather(children: list[Any], quiet: Quiet, combine: Any) -> asyncio.Future[Any]:
    futures = [convert_yielded(child) for child in children]
    result = Waiter(None, lambda _: _give_up(futures), loop_for_future())
    unfinished = {future for future in futures if not future.done()}

    def one_done(future: asyncio.Future[Any]) -> None:
        unfinished.discard(future)
        if not unfinished:
            _settle(result, futures, quiet, combine)

    def result_done(_: object) -> None:
        if result.cancelled():
            _give_up(futures)

    if not unfinished:
        _settle(result, futures, quiet, combine)
        return result
    for future in list(unfinished):
        future.add_done_callback(one_done)
    result.add_done_callback(result_done)
    return result


def _give_up(futures: list[asyncio.Future[Any]]) -> None:
    # The last one first: items of one queue are in their order again then.
    for future in reversed(dict.fromkeys(futures)):
        give_up(future)


def _settle(
    result: asyncio.Future[Any], futures: list[asyncio.Future[Any]], quiet: Quiet, combine: Any
) -> None:
    """Give `result` the results of `futures`, which are all done, or the first error."""
    first: BaseException | None = None
    for future in dict.fromkeys(futures):
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is None:
            continue
        if first is None:
            first = error
        elif not (result.cancelled() or isinstance(error, quiet)):
            _log.error("One of several awaited things failed after another", exc_info=error)
    if result.done():
        return
    if first is None:
        result.set_result(combine([future.result() for future in futures]))
    elif isinstance(first, asyncio.CancelledError):
        result.cancel()
    else:
        result.set_exception(first)
