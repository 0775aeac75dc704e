"""Where callbacks can be collected, so that one handle of the loop runs many."""

from __future__ import annotations

import asyncio
import gc
import os
import warnings
from collections import deque
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.core_loop.ioloop.callback_batches import CallbackBatches
    from etesian.core_loop.ioloop.guard import Guard

__all__ = ["callback_batches", "handle_queue"]


def callback_batches(
    asyncio_loop: asyncio.AbstractEventLoop, guard: Guard, one_by_one: Callable[..., None]
) -> CallbackBatches | None:
    """Return what collects the callbacks of a loop; None where that cannot be done.

    That is where this distribution was installed without a compiler for C and no wheel fitted,
    where the environment variable ``ETESIAN_PURE_PYTHON`` is set, and where the loop does not
    show its queue. `one_by_one` is what does the same in Python. There is a RuntimeWarning where
    what was compiled is there and cannot be loaded.
    """
    queue = handle_queue(asyncio_loop)
    if queue is None or os.environ.get("ETESIAN_PURE_PYTHON"):
        return None
    try:
        from etesian.core_loop.ioloop.callback_batches import CallbackBatches  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    except ImportError as error:
        message = f"callbacks cost more, because what was compiled for them is of no use: {error}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return None
    return CallbackBatches(
        ready=queue,
        call_soon=asyncio_loop.call_soon,
        get_debug=asyncio_loop.get_debug,
        one_by_one=one_by_one,
        report=guard.report_safely,
        watch=guard.watch,
    )


def handle_queue(asyncio_loop: asyncio.AbstractEventLoop) -> deque[Any] | None:
    """Return the queue of a loop's handles, to look at; None if there is none to be found.

    No loop names it in public. asyncio's has an attribute; of uvloop's, which is compiled, the
    garbage collector is asked: it is the only deque that such a loop refers to. Should a version
    of uvloop have another deque instead, nothing would break, because what is looked for, the
    handle of a batch in the last place, would never be there.

    A `call_soon` of a subclass wants to see each callback: then there is None too. And the loops
    that nest_asyncio has patched run the others while one callback waits for them: those of one
    batch would wait for each other.
    """
    if getattr(asyncio_loop, "_nest_patched", False):
        return None
    call_soon = getattr(type(asyncio_loop), "call_soon", None)
    if isinstance(call_soon, FunctionType) and call_soon is not asyncio.BaseEventLoop.call_soon:
        return None
    shown = [getattr(asyncio_loop, "_ready", None), *gc.get_referents(asyncio_loop)]
    deques = [each for each in shown if type(each) is deque]
    return deques[0] if len({*map(id, deques)}) == 1 else None
