"""Which IOLoop belongs to an asyncio loop, and which one is current on a thread.

The state of this module is that of the process and of its threads, as asyncio's own is.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.core_loop.ioloop.loop import IOLoop

__all__ = ["any_open", "forget", "of_running_loop", "on_this_thread", "register", "set_on_thread"]

_by_asyncio_loop: dict[asyncio.AbstractEventLoop, IOLoop] = {}
_of_thread = threading.local()

# Loops that a forked child got from its parent. Held for ever: collecting one would close
# it, and closing it takes descriptors out of the epoll set that the child shares with its
# parent, which would never wake up again.
_inherited: list[IOLoop] = []


def register(ioloop: IOLoop) -> None:
    """Make `ioloop` the one IOLoop of its asyncio loop.

    Raises RuntimeError when the asyncio loop has another one.
    """
    # Loops that `asyncio.run` closed leave no trace otherwise; there are never many.
    for asyncio_loop in [loop for loop in _by_asyncio_loop if loop.is_closed()]:
        del _by_asyncio_loop[asyncio_loop]
    known = _by_asyncio_loop.setdefault(ioloop.asyncio_loop, ioloop)
    if known is not ioloop:
        raise RuntimeError(f"{ioloop.asyncio_loop!r} already belongs to {known!r}")


def forget(ioloop: IOLoop) -> None:
    """Drop a closed IOLoop, also as the thread's current one."""
    _by_asyncio_loop.pop(ioloop.asyncio_loop, None)
    if getattr(_of_thread, "ioloop", None) is ioloop:
        set_on_thread(None)


def any_open() -> bool:
    """Tell whether the process has an IOLoop that is not closed."""
    return any(not loop.is_closed() for loop in list(_by_asyncio_loop))


def of_running_loop() -> tuple[asyncio.AbstractEventLoop | None, IOLoop | None]:
    """Return the asyncio loop that runs on this thread, if any, and its IOLoop, if any."""
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        return None, None
    return running, _by_asyncio_loop.get(running)


def on_this_thread() -> IOLoop | None:
    """Return the IOLoop that was made current on this thread and is still open."""
    ioloop: IOLoop | None = getattr(_of_thread, "ioloop", None)
    if ioloop is not None and ioloop.asyncio_loop.is_closed():
        forget(ioloop)
        return None
    return ioloop


def set_on_thread(ioloop: IOLoop | None) -> None:
    """Make `ioloop` current on this thread, for asyncio as well.

    asyncio has to know because an `asyncio.Future` made before any loop runs asks for it.
    """
    _of_thread.ioloop = ioloop
    asyncio.set_event_loop(None if ioloop is None else ioloop.asyncio_loop)


def _disown_after_fork() -> None:
    for ioloop in _by_asyncio_loop.values():
        ioloop.inherited = True
        _inherited.append(ioloop)
    _by_asyncio_loop.clear()
    _of_thread.__dict__.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_after_fork)
