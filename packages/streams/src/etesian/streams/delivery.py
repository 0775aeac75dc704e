"""Handing a result to the task that awaits it, in the call stack in which it came."""

from __future__ import annotations

from asyncio import Future, Task
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def deliver(result: _Result, future: Future[_Result]) -> None:
    """Finish ``future``, and run the task that awaits it up to where it waits again.

    Otherwise the loop would wake that task one turn later, and one that was cancelled within that
    turn would lose what it had read. The task is stepped as the loop steps it, in its own
    context, and notices no difference. To be called where no task runs, by a callback of the
    loop; and last, because the task may do anything, to the caller too.

    Where somebody else than one task waits, the loop does the rest.
    """
    # Not public. A future class of our own could tell who waits, but tasks are slow to wait for
    # any but asyncio's own. Where it is hidden nothing breaks: the loop wakes the task.
    callbacks = getattr(future, "_callbacks", None)
    if callbacks and len(callbacks) == 1:
        wake_up, context = callbacks[0]
        if isinstance(getattr(wake_up, "__self__", None), Task):
            future.remove_done_callback(wake_up)
            future.set_result(result)
            try:
                context.run(wake_up, future)
            except (SystemExit, KeyboardInterrupt) as error:
                # To end the loop, which a transport of uvloop would take for an error of its own.
                future.get_loop().call_soon(_raise, error)
            return
    future.set_result(result)


def _raise(error: BaseException) -> None:
    raise error


def is_awaited(future: Future[Any]) -> bool:
    """Tell whether anybody waits for ``future``."""
    return bool(getattr(future, "_callbacks", None))
