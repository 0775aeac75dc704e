"""What a test leaves behind: tasks that still run, and sockets that are still open."""

from __future__ import annotations

import asyncio
import socket
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

__all__ = ["LeakCheck"]

# Seconds in which what is about to end may do so: a cancelled handler, a transport that closes.
_GRACE: Final = 0.5
# Seconds between two looks meanwhile.
_LOOK: Final = 0.01

_STDLIB: Final = sysconfig.get_path("stdlib")
_ETESIAN: Final = str(Path(__file__).parents[2])
# What stands below these on the stack had the loop run, or the test, and not the thing made.
_RUNNERS: Final = ("/asyncio/events.py", "/_pytest/", "/pluggy/")


class LeakCheck:
    """Watches the tasks of a loop, and all sockets, from `begin` to `end`.

    Sockets that a loop accepts without Python's knowledge, as uvloop does, are not seen.
    Where a thing was made is the innermost line of the program's own; of Etesian's where none
    is on the stack.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._places: WeakKeyDictionary[object, str] = WeakKeyDictionary()
        self._make_task: Any = None
        self._init_socket: Callable[..., None] = socket.socket.__init__

    def begin(self) -> None:
        """Remember from now on what is made; to be followed by `end`."""
        self._make_task = self._loop.get_task_factory()
        self._loop.set_task_factory(self._new_task)
        self._init_socket = original = socket.socket.__init__
        places = self._places

        def init(sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            original(sock, *args, **kwargs)
            places[sock] = _place()

        # An audit hook would see them too, but could never be taken away.
        socket.socket.__init__ = init  # type: ignore[method-assign,assignment]

    def end(self) -> list[str]:
        """Give a line for each task that is pending, and each socket that is open.

        They have half a second to end by themselves. Nothing is remembered any more.
        """
        socket.socket.__init__ = self._init_socket  # type: ignore[method-assign]
        if self._loop.is_closed():
            return list(map(self._socket_line, self._open_sockets()))
        self._loop.set_task_factory(self._make_task)
        if self._pending_tasks() or self._open_sockets():
            # What lives as long as the loop, as the shared HTTP client does, ends by this.
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._wait())
        tasks = map(self._task_line, self._pending_tasks())
        return [*tasks, *map(self._socket_line, self._open_sockets())]

    def _new_task(
        self, loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any
    ) -> asyncio.Future[Any]:
        make = self._make_task
        task: asyncio.Future[Any]
        task = (
            asyncio.Task(coro, loop=loop, **kwargs) if make is None else make(loop, coro, **kwargs)
        )
        self._places[task] = _place()
        return task

    def _pending_tasks(self) -> list[asyncio.Task[Any]]:
        tasks = [task for task in asyncio.all_tasks(self._loop) if task in self._places]
        return sorted(tasks, key=lambda task: task.get_name())

    def _open_sockets(self) -> list[socket.socket]:
        sockets = [one for one in self._places if isinstance(one, socket.socket)]
        return sorted((one for one in sockets if one.fileno() != -1), key=socket.socket.fileno)

    async def _wait(self) -> None:
        end = self._loop.time() + _GRACE
        while (  # noqa: ASYNC110  nothing tells when a socket closes
            self._pending_tasks() or self._open_sockets()
        ) and self._loop.time() < end:
            await asyncio.sleep(_LOOK)

    def _task_line(self, task: asyncio.Task[Any]) -> str:
        frames = task.get_stack(limit=1)
        waits = f", waiting at {_line(frames[-1].f_code, frames[-1].f_lineno)}" if frames else ""
        name = getattr(task.get_coro(), "__qualname__", task.get_name())
        return f"the pending task {name}(), made at {self._places[task]}{waits}"

    def _socket_line(self, sock: socket.socket) -> str:
        return f"the open socket {_address(sock)}, made at {self._places[sock]}"


def _address(sock: socket.socket) -> str:
    try:
        return f"{sock.fileno()} of {sock.getsockname()}"
    except OSError:
        return str(sock.fileno())


def _place() -> str:
    """Give the line that had something made."""
    best = "an unknown place"
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  the way to look at the stack
    while frame is not None:
        file = frame.f_code.co_filename
        if any(runner in file for runner in _RUNNERS):
            break
        if not file.startswith(_ETESIAN) and not _is_of_python(file):
            return _line(frame.f_code, frame.f_lineno)
        if file.startswith(_ETESIAN) and best == "an unknown place":
            best = _line(frame.f_code, frame.f_lineno)
        frame = frame.f_back
    return best


def _is_of_python(file: str) -> bool:
    return file.startswith("<") or (file.startswith(_STDLIB) and "site-packages" not in file)


def _line(code: CodeType, number: int) -> str:
    return f"{code.co_filename}:{number} in {code.co_name}"
