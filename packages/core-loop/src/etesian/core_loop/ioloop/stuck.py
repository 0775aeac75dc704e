"""Where an unfinished coroutine is waiting, in words for a human."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

__all__ = ["where_it_waits"]


def where_it_waits(waiting: asyncio.Task[Any] | Any) -> str:
    """Return a stack of the awaits that a task, coroutine or generator is held by.

    Outermost first, in the form of a traceback. `asyncio.Task.get_stack` shows the
    outermost alone, and that is rarely where the trouble is.
    """
    awaited = waiting.get_coro() if hasattr(waiting, "get_coro") else waiting
    lines = ["It was waiting here (innermost last):"]
    while awaited is not None:
        frame: FrameType | None = getattr(awaited, "cr_frame", None) or getattr(
            awaited, "gi_frame", None
        )
        if frame is not None:
            lines.append(_describe(frame))
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return "\n".join(lines)


def _describe(frame: FrameType) -> str:
    code = frame.f_code
    source = linecache.getline(code.co_filename, frame.f_lineno).strip()
    return f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}\n    {source}'
