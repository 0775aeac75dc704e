"""In debug mode: an error where a handler is used from a thread that is not the loop's."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.web.handler import RequestHandler

__all__ = ["guard_thread"]

# What touches the output and the connection; all else that does calls these.
_GUARDED: Final = ("write", "flush", "finish")


def guard_thread(handler: RequestHandler) -> None:
    """Let the output of a handler be written by the calling thread only.

    From any other the methods raise ``RuntimeError``, which says how it is done.
    Without this they would break other responses, now and then.
    """
    owner = threading.get_ident()
    for name in _GUARDED:
        setattr(handler, name, _guarded(getattr(handler, name), name, owner))


def _guarded(method: Callable[..., Any], name: str, owner: int) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != owner:
            raise RuntimeError(
                f"{name}() was called in the thread {threading.current_thread().name!r}, but "
                "handlers belong to that of the event loop; use loop.call_soon_threadsafe(), "
                "or await the result of the thread and write it then"
            )
        return method(*args, **kwargs)

    return call
