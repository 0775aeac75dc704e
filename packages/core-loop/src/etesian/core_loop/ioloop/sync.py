"""One function run on a loop that is started for it and stopped after it."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from etesian.core_loop.util.errors import TimeoutError  # noqa: A004  the documented name

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from etesian.core_loop.ioloop.loop import IOLoop

__all__ = ["run_sync"]

# Seconds that a function which ran out of time gets to clean up after its cancellation. It
# normally takes one iteration; one that ignores the cancellation must not hold run_sync.
CANCEL_GRACE = 1.0

# Waiting generators that a timeout describes: a page of them helps, a book does not.
MAX_NOTES = 10


def run_sync(ioloop: IOLoop, func: Callable[[], Any], timeout: float | None) -> Any:
    """Do what `IOLoop.run_sync` promises."""
    task = ioloop.asyncio_loop.create_task(_finish(func))

    def end(_: object) -> None:
        ioloop.stop()

    task.add_done_callback(end)
    late: TimeoutError | None = None

    def expire() -> None:
        from etesian.core_loop.gen.runner import waiting_generators  # noqa: PLC0415  seldom needed
        from etesian.core_loop.ioloop.stuck import where_it_waits  # noqa: PLC0415

        nonlocal late
        late = TimeoutError(f"no result after {timeout} seconds")
        # A Task that awaits a coroutine written as a generator shows no more than that.
        for waiting in (task, *waiting_generators(ioloop.asyncio_loop)[:MAX_NOTES]):
            late.add_note(where_it_waits(waiting))
        task.cancel()
        timers.append(ioloop.call_later(CANCEL_GRACE, ioloop.stop))

    timers = [] if timeout is None else [ioloop.call_later(timeout, expire)]
    try:
        ioloop.start()
    finally:
        # What outlives this call must not stop a later start.
        for timer in timers:
            timer.cancel()
        task.remove_done_callback(end)
        task.cancel()
    if late is not None:
        _forget_outcome(task)
        raise late
    if not task.done():
        raise RuntimeError("the loop was stopped before the function had finished")
    return task.result()


async def _finish(func: Callable[[], Any]) -> Any:
    result = func()
    if result is None:
        return None
    # Awaited itself where it can be: a Task of its own would hide where it waits.
    if isawaitable(result):
        return await result
    from etesian.core_loop.gen.convert import convert_yielded  # noqa: PLC0415  seldom needed

    return await convert_yielded(result)


def _forget_outcome(task: asyncio.Task[Any]) -> None:
    """Keep asyncio from logging the error of a task that was given up."""
    if task.done() and not task.cancelled():
        task.exception()
