"""A shorter way to the callbacks that asyncio's own loop runs next."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from etesian.core_loop.ioloop.guard import Guard

__all__ = ["ReadyCallback", "ready_queue"]


class ReadyCallback:
    """A callback as the loop of asyncio keeps it, and as `Guard.run_with` would run it.

    It stands where `call_soon` puts an `asyncio.Handle`, and has what the loop asks of one.
    """

    __slots__ = ("_args", "_callback", "_context", "_guard", "_kwargs")

    # Nobody has this handle who could take it back.
    _cancelled = False

    def __init__(
        self,
        guard: Guard,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self._guard = guard
        self._callback = callback
        self._args = args
        self._kwargs = kwargs
        self._context: Context = copy_context()

    def __repr__(self) -> str:
        # What asyncio's debug mode calls a callback that took long.
        return f"<{type(self).__name__} {self._callback!r}>"

    def _run(self) -> None:
        try:
            result = self._context.run(self._callback, *self._args, **self._kwargs)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  a callback must not end the loop
            self._context.run(self._guard.report_safely, self._callback, error)
        else:
            if result is not None:
                self._context.run(self._guard.watch, result)


def ready_queue(asyncio_loop: asyncio.AbstractEventLoop) -> deque[Any] | None:
    """Return the callbacks that the loop will run next, None if it does not say so.

    `call_soon` of asyncio's own loop makes three calls and a Handle for each callback before
    it puts it there, which is most of what an empty callback costs. The queue is no public
    name of asyncio, but has been the same since there is one; where a loop has none, or has
    a `call_soon` of its own, callbacks go through that.
    """
    queue = getattr(asyncio_loop, "_ready", None)
    plain = getattr(type(asyncio_loop), "call_soon", None) is asyncio.BaseEventLoop.call_soon
    return queue if plain and type(queue) is deque else None
