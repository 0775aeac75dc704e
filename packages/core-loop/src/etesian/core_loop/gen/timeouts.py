"""Waiting for a while, and not for longer than that."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

from etesian.core_loop.concurrent.futures import chain_future, loop_for_future
from etesian.core_loop.concurrent.waiting import Waiter, give_up, seconds_from_now
from etesian.core_loop.gen.convert import convert_yielded
from etesian.core_loop.util.errors import TimeoutError  # noqa: A004  the documented name

if TYPE_CHECKING:
    import asyncio
    from datetime import timedelta

    from etesian.core_loop.gen.several import Quiet

__all__ = ["sleep", "with_timeout"]

_log = logging.getLogger("etesian.application")


def sleep(duration: float) -> asyncio.Future[None]:
    """Return a Future that is done `duration` seconds from now, with None.

    Raises ValueError when `duration` is NaN.
    """
    if math.isnan(duration):
        raise ValueError("a duration must be a number, got NaN")
    loop = loop_for_future()
    future: asyncio.Future[None] = loop.create_future()
    timer = loop.call_later(duration, _finish, future)
    # A cancelled sleep of an hour is not to leave its timer behind for an hour.
    future.add_done_callback(lambda _: timer.cancel())
    return future


def with_timeout(
    timeout: float | timedelta, future: Any, quiet_exceptions: Quiet = ()
) -> asyncio.Future[Any]:
    """Return a Future of the outcome of `future`, or of TimeoutError when it comes too late.

    `timeout` is a moment on the loop's clock, or a timedelta from now. `future` is anything
    that `convert_yielded` takes. It is not cancelled when time runs out: its result is
    then dropped, its error logged unless it is one of `quiet_exceptions`. Cancelling the
    Future that is returned does cancel it; a lock or an item that it was just being handed
    goes to the next one who waits.
    """
    waited_for = convert_yielded(future)
    loop = waited_for.get_loop()
    result = Waiter(None, lambda _: give_up(waited_for), loop)
    chain_future(waited_for, result)
    if result.done():
        return result
    when = seconds_from_now(timeout, loop) + loop.time()
    timer = loop.call_at(when, _expire, result, waited_for, timeout)

    def settled(_: object) -> None:
        timer.cancel()
        if result.cancelled():
            give_up(waited_for)
        elif not waited_for.done():
            waited_for.add_done_callback(lambda late: _log_late_error(late, quiet_exceptions))

    result.add_done_callback(settled)
    return result


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _expire(
    result: asyncio.Future[Any], waited_for: asyncio.Future[Any], timeout: float | timedelta
) -> None:
    # What has come in the same iteration has come in time: it is on its way to the result.
    if not (result.done() or waited_for.done()):
        result.set_exception(TimeoutError(f"not done by the deadline ({timeout})"))


def _log_late_error(late: asyncio.Future[Any], quiet: Quiet) -> None:
    error = None if late.cancelled() else late.exception()
    if error is not None and not isinstance(error, quiet):
        _log.error("%r failed after its timeout", late, exc_info=error)
