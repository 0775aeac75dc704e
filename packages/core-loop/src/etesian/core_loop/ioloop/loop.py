"""The event loop."""

from __future__ import annotations

import asyncio
import logging
from threading import get_ident
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, overload

from etesian.core_loop import loop_registry
from etesian.core_loop.ioloop import descriptors
from etesian.core_loop.ioloop.descriptors import Descriptors
from etesian.core_loop.ioloop.scheduling import Scheduler
from etesian.core_loop.ioloop.sync import run_sync
from etesian.core_loop.util.configurable import Configurable

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable

    from etesian.core_loop.ioloop.descriptors import FileObject

__all__ = ["IOLoop"]

_Result = TypeVar("_Result")

# Short names that `IOLoop.configure` takes beside classes and dotted names.
_SHORT_NAMES = {
    "asyncio": "etesian.core_loop.ioloop.loop.IOLoop",
    "uvloop": "etesian.core_loop.ioloop.uvloop.UvloopIOLoop",
}


class IOLoop(Scheduler, Configurable):
    """An event loop: asyncio's, with the documented interface over it.

    There is one IOLoop per asyncio loop. ``IOLoop.current()`` inside ``asyncio.run`` is
    the IOLoop of the running loop; before any loop runs it is a new one, which `start` or
    `run_sync` will run. Programs written for either interface mix freely: a callback, a
    Task and a transport on `asyncio_loop` all run on the same loop.

    ``IOLoop()`` makes an IOLoop with a new asyncio loop of its own; with `asyncio_loop` it
    is over a loop that exists. `make_current` None makes it current if the thread has no
    current one, True raises RuntimeError if it has one, False leaves that as it is.

    All methods belong to the loop's thread, except `add_callback`, `spawn_callback` and
    `add_callback_from_signal`.
    """

    NONE: ClassVar[int] = descriptors.NONE
    READ: ClassVar[int] = descriptors.READ
    WRITE: ClassVar[int] = descriptors.WRITE
    ERROR: ClassVar[int] = descriptors.ERROR

    # Set in a forked child on every IOLoop that the parent had.
    inherited: bool = False

    @classmethod
    def configurable_base(cls) -> type[Configurable]:
        """Return IOLoop: the choice of `configure` is one for the process."""
        return IOLoop

    @classmethod
    def configurable_default(cls) -> type[Configurable]:
        """Return IOLoop itself, over asyncio's own loop."""
        return IOLoop

    @classmethod
    def configure(cls, impl: type[Configurable] | str | None, **kwargs: Any) -> None:
        """Choose what ``IOLoop()``, and `current` before any loop runs, make from now on.

        ``"asyncio"`` (or None) is asyncio's own loop; ``"uvloop"`` is uvloop, which must be
        installed (the extra ``uvloop``): ImportError otherwise. A subclass of IOLoop, or its
        dotted name, is an implementation of your own. Loops that exist stay what they are.
        """
        name = _SHORT_NAMES.get(impl, impl) if isinstance(impl, str) else impl
        super().configure(name, **kwargs)

    def initialize(
        self,
        make_current: bool | None = None,
        *,
        asyncio_loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Set the loop up; the arguments are the constructor's."""
        if make_current and IOLoop.current(instance=False) is not None:
            raise RuntimeError("this thread has a current IOLoop already")
        self._use(asyncio_loop or self.new_asyncio_loop())
        self._descriptors = Descriptors(self.asyncio_loop, self._run_with)
        loop_registry.register(self)
        if make_current or (make_current is None and IOLoop.current(instance=False) is None):
            self.make_current()

    def new_asyncio_loop(self) -> asyncio.AbstractEventLoop:
        """Return a new asyncio loop for this IOLoop; subclasses return another kind."""
        return asyncio.new_event_loop()

    @overload
    @staticmethod
    def current() -> IOLoop: ...
    @overload
    @staticmethod
    def current(instance: Literal[True]) -> IOLoop: ...
    @overload
    @staticmethod
    def current(instance: bool) -> IOLoop | None: ...
    @staticmethod
    def current(instance: bool = True) -> IOLoop | None:
        """Return the IOLoop of the running asyncio loop, else the thread's current one.

        If there is neither, a new one is made and made current, or with ``instance=False``
        None is returned.
        """
        running, ioloop = loop_registry.of_running_loop()
        if running is None:
            ioloop = loop_registry.on_this_thread()
            return IOLoop(make_current=True) if ioloop is None and instance else ioloop
        if ioloop is None and instance:
            ioloop = IOLoop(make_current=False, asyncio_loop=running)
        if ioloop is not None and ioloop._thread_id != (thread_id := get_ident()):
            ioloop._runs_on(thread_id)
        return ioloop

    def make_current(self) -> None:
        """Make this the loop that `current` returns on this thread while none is running."""
        loop_registry.set_on_thread(self)

    @staticmethod
    def clear_current() -> None:
        """Leave the thread without a current loop, unless one is running."""
        loop_registry.set_on_thread(None)

    def start(self) -> None:
        """Run the loop until `stop` is called.

        While it runs it is the current loop of this thread; afterwards the earlier one is
        again. If neither the root logger nor Etesian's have a handler, a plain one is set up
        first, because an error that nobody sees costs hours.

        Raises RuntimeError when it, or another loop of this thread, is running, or when it
        was made before a fork.
        """
        if self.inherited:
            raise RuntimeError("this IOLoop was made before the fork: make a new one in the child")
        if self.asyncio_loop.is_running():
            raise RuntimeError("this IOLoop is running already")
        _set_up_logging()
        self._runs_on(get_ident())
        try:
            self.asyncio_loop.run_forever()
        finally:
            self._runs_on(None)

    def stop(self) -> None:
        """Stop the loop after the running iteration; before `start`, keep that from waiting.

        From another thread or a signal handler: ``add_callback_from_signal(loop.stop)``.
        """
        self.asyncio_loop.stop()

    def run_sync(self, func: Callable[[], Any], timeout: float | None = None) -> Any:
        """Start the loop, run `func`, stop the loop, and return the result.

        What `func` returns is awaited if it can be (`gen.convert_yielded` says what can)
        and must be None otherwise. Its error is raised here. The loop can be used again.

        Raises TimeoutError when it takes longer than `timeout` seconds; what `func`
        returned is cancelled then, and the error's notes say where it was waiting. Raises
        `gen.BadYieldError` when `func` returned something else.
        """
        return run_sync(self, func, timeout)

    def close(self, all_fds: bool = False) -> None:
        """Free what the loop holds; it cannot be used any more.

        With `all_fds`, close every descriptor that has a handler, by ``close()`` where a
        file object was given. Closing a closed loop does nothing.

        Raises RuntimeError while the loop is running.
        """
        if self.asyncio_loop.is_running():
            raise RuntimeError("a running IOLoop cannot be closed: stop it first")
        if not (self.inherited or self.asyncio_loop.is_closed()):
            self._descriptors.clear(close=all_fds)
            self._timers.clear()
            self.asyncio_loop.close()
        loop_registry.forget(self)

    def add_handler(
        self, fd: int | FileObject, handler: Callable[[Any, int], object], events: int
    ) -> None:
        """Call ``handler(fd, events)`` whenever `fd` is ready for one of `events`.

        `events` combines `READ`, `WRITE` and `ERROR` by ``|``; ERROR alone notices nothing.
        The handler gets `fd` as it was given here, a number or an object with ``fileno()``.

        Raises ValueError when the descriptor has a handler already.
        """
        self._descriptors.add(fd, handler, events)

    def update_handler(self, fd: int | FileObject, events: int) -> None:
        """Change the events that `fd` is watched for; KeyError when it has no handler."""
        self._descriptors.update(fd, events)

    def remove_handler(self, fd: int | FileObject) -> None:
        """Call the handler of `fd` no more; harmless when it has none.

        Do this before the descriptor is closed: the kernel gives its number out again.
        """
        self._descriptors.remove(fd)

    @staticmethod
    def split_fd(fd: int | FileObject) -> tuple[int, int | FileObject]:
        """Return the number of a descriptor, and `fd` as it was given."""
        return descriptors.split_fd(fd)

    @staticmethod
    def close_fd(fd: int | FileObject) -> None:
        """Close a descriptor, by ``close()`` where a file object is given."""
        descriptors.close_fd(fd)

    def run_in_executor(
        self,
        executor: concurrent.futures.Executor | None,
        func: Callable[..., _Result],
        *args: Any,
    ) -> asyncio.Future[_Result]:
        """Run ``func(*args)`` in `executor`; return a Future of its result.

        None is the loop's own pool of threads, or what `set_default_executor` was given.
        Cancelling the Future does not interrupt a `func` that has begun.
        """
        return self.asyncio_loop.run_in_executor(executor, func, *args)

    def set_default_executor(self, executor: concurrent.futures.ThreadPoolExecutor) -> None:
        """Set what `run_in_executor` uses for None."""
        self.asyncio_loop.set_default_executor(executor)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} over {self.asyncio_loop!r}>"


def _set_up_logging() -> None:
    names = (None, "etesian", "etesian.application")
    if not any(logging.getLogger(name).handlers for name in names):
        logging.basicConfig()
