"""``tornado.ioloop``: the event loop."""

from __future__ import annotations

import logging
import signal
import threading
import traceback
from typing import TYPE_CHECKING, Any

from etesian.core_loop.interface import api as core_loop
from etesian.tornado import stack_context
from etesian.tornado.lending import lend

if TYPE_CHECKING:
    import concurrent.futures
    from asyncio import Future
    from collections.abc import Callable
    from types import FrameType

__getattr__, __dir__ = lend(
    __name__,
    {"core_loop.util": "TimeoutError"},
    own="IOLoop PeriodicCallback PollIOLoop",
)

_application_log = logging.getLogger("tornado.application")


class IOLoop(core_loop.IOLoop):
    """The loop, with the global instance and the stack contexts of Tornado 4.x."""

    _instance: core_loop.IOLoop | None = None
    _instance_lock = threading.Lock()
    _blocking_detector: Any = None

    @staticmethod
    def instance() -> Any:
        """Give the loop of the whole process, the same one from every thread."""
        with IOLoop._instance_lock:
            if IOLoop._instance is None:
                is_main = threading.current_thread() is threading.main_thread()
                IOLoop._instance = core_loop.IOLoop.current() if is_main else IOLoop(False)
            return IOLoop._instance

    @staticmethod
    def initialized() -> bool:
        """Say whether :meth:`instance` has a loop to give already."""
        return IOLoop._instance is not None

    def install(self) -> None:
        """Make this the loop that :meth:`instance` gives."""
        with IOLoop._instance_lock:
            IOLoop._instance = self

    @staticmethod
    def clear_instance() -> None:
        """Undo :meth:`install`."""
        with IOLoop._instance_lock:
            IOLoop._instance = None

    def add_callback(self, callback: Callable[..., object], /, *args: Any, **kwargs: Any) -> None:
        """As ever, in the stack contexts that are active now."""
        super().add_callback(stack_context.wrap(callback), *args, **kwargs)

    def add_callback_from_signal(
        self, callback: Callable[..., object], /, *args: Any, **kwargs: Any
    ) -> None:
        """As ever, in no stack context: a signal interrupts whatever runs."""
        with stack_context.NullContext():
            super().add_callback_from_signal(stack_context.wrap(callback), *args, **kwargs)

    def spawn_callback(self, callback: Callable[..., object], /, *args: Any, **kwargs: Any) -> None:
        """As ever, in no stack context."""
        with stack_context.NullContext():
            self.add_callback(callback, *args, **kwargs)

    def add_future(
        self,
        future: Future[Any] | concurrent.futures.Future[Any],
        callback: Callable[[Any], object],
    ) -> None:
        """As ever, in the stack contexts that are active now."""
        super().add_future(future, stack_context.wrap(callback))

    def call_later(
        self, delay: float, callback: Callable[..., object], /, *args: Any, **kwargs: Any
    ) -> Any:
        """As ever, in the stack contexts that are active now."""
        return super().call_later(delay, stack_context.wrap(callback), *args, **kwargs)

    def call_at(
        self, when: float, callback: Callable[..., object], /, *args: Any, **kwargs: Any
    ) -> Any:
        """As ever, in the stack contexts that are active now."""
        return super().call_at(when, stack_context.wrap(callback), *args, **kwargs)

    def add_timeout(
        self, deadline: Any, callback: Callable[..., object], /, *args: Any, **kwargs: Any
    ) -> Any:
        """As ever, in the stack contexts that are active now."""
        return super().add_timeout(deadline, stack_context.wrap(callback), *args, **kwargs)

    def add_handler(self, fd: Any, handler: Callable[[Any, int], object], events: int) -> None:
        """As ever, in the stack contexts that are active now."""
        super().add_handler(fd, stack_context.wrap(handler), events)

    def set_blocking_log_threshold(self, seconds: float | None) -> None:
        """Log the stack of what holds the loop longer than ``seconds``; ``None`` ends that."""
        if self._blocking_detector is not None:
            self._blocking_detector.stop()
            self._blocking_detector = None
        if seconds is not None:
            detector = core_loop.ioloop.BlockingDetector
            self._blocking_detector = detector(self.asyncio_loop, seconds)

    def set_blocking_signal_threshold(
        self, seconds: float | None, action: Callable[[int, FrameType | None], Any] | None
    ) -> None:
        """Log as :meth:`set_blocking_log_threshold` does.

        No alarm signal is used, because it would interrupt system calls of the program;
        so an ``action`` other than :meth:`log_stack` or ``None`` is a
        ``NotImplementedError``.
        """
        if action not in (None, self.log_stack, signal.SIG_IGN):
            raise NotImplementedError("only the logging of blocked loops is offered")
        self.set_blocking_log_threshold(seconds)

    def log_stack(self, signal: int, frame: FrameType | None) -> None:
        """Log the stack of ``frame``; a signal handler."""
        _application_log.warning(
            "IOLoop blocked, in\n%s", "".join(traceback.format_stack(frame)), extra={"sig": signal}
        )


class PeriodicCallback(core_loop.PeriodicCallback):
    """A callback at an interval, on the current loop."""

    def __init__(
        self, callback: Callable[[], Any], callback_time: Any, *arguments: Any, **options: Any
    ) -> None:
        # The third argument was the loop in 4.x and is the jitter now.
        if arguments and isinstance(arguments[0], core_loop.IOLoop):
            arguments = arguments[1:]
        options.pop("io_loop", None)
        super().__init__(stack_context.wrap(callback), callback_time, *arguments, **options)


# There was one class per kind of polling; programs derive from it or check against it.
PollIOLoop = IOLoop
