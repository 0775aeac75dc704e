"""IOLoops by the names that say which asyncio loop they are over."""

from __future__ import annotations

import asyncio
import warnings
from typing import TYPE_CHECKING, Any

from etesian.core_loop.gen.convert import convert_yielded
from etesian.core_loop.ioloop.loop import IOLoop

if TYPE_CHECKING:
    import concurrent.futures

__all__ = [
    "AsyncIOLoop",
    "AsyncIOMainLoop",
    "BaseAsyncIOLoop",
    "to_asyncio_future",
    "to_tornado_future",
]

# Every IOLoop is over an asyncio loop.
BaseAsyncIOLoop = IOLoop


class AsyncIOLoop(IOLoop):
    """An IOLoop with a new asyncio loop of its own, `asyncio_loop`."""


class AsyncIOMainLoop(IOLoop):
    """An IOLoop over the asyncio loop that runs, or that is set on this thread.

    Only needed before that loop runs (``asyncio.set_event_loop(loop)``, then
    ``AsyncIOMainLoop()``, then ``loop.run_forever()``): `IOLoop.current` finds a running
    one by itself. Becomes current. If nothing is set either, the loop is a new one.
    """

    def new_asyncio_loop(self) -> asyncio.AbstractEventLoop:
        """Return the asyncio loop that there is, else a new one."""
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            return _set_on_this_thread() or super().new_asyncio_loop()


def _set_on_this_thread() -> asyncio.AbstractEventLoop | None:
    # Asking asyncio for a loop that was never set makes one on old versions, warns on
    # others and raises on new ones: the warning is an error here so that none is made.
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return asyncio.get_event_loop()
        except (RuntimeError, DeprecationWarning):
            return None


def to_asyncio_future(future: Any) -> asyncio.Future[Any]:
    """Return an asyncio Future of anything that a coroutine may yield."""
    return convert_yielded(future)


def to_tornado_future(
    asyncio_future: asyncio.Future[Any] | concurrent.futures.Future[Any],
) -> asyncio.Future[Any]:
    """Return the Future as one of this package's, which are asyncio's own."""
    return convert_yielded(asyncio_future)
