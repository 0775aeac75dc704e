"""Child processes whose pipes and end are waited for on the loop."""

from __future__ import annotations

import os
import subprocess
import threading
from subprocess import CalledProcessError
from typing import TYPE_CHECKING, Any, ClassVar

from etesian.core_loop.concurrent.futures import future_set_result_unless_cancelled
from etesian.core_loop.ioloop.loop import IOLoop
from etesian.core_loop.process.pipes import ReadPipe, WritePipe

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["CalledProcessError", "Subprocess"]


class Subprocess:
    """A `subprocess.Popen` (`proc`) that fits the loop.

    Takes the arguments of Popen. `STREAM` as `stdin`, `stdout` or `stderr` gives an attribute
    of that name to write to or read from without blocking: a `WritePipe` or `ReadPipe`,
    whose verbs are those of a stream. `pid` and `returncode` are as with Popen; the latter
    is None until the loop has noticed the end.

    The end is noticed through a descriptor of the process where the kernel has them and
    through a waiting thread elsewhere: no handler of SIGCHLD is installed, and any thread's
    loop will do.
    """

    STREAM: ClassVar[object] = object()

    # How a pipe's descriptor becomes what `stdin`, `stdout` and `stderr` are. A subclass
    # sets other classes to get, for one, streams of another distribution.
    read_pipe: ClassVar[Any] = ReadPipe
    write_pipe: ClassVar[Any] = WritePipe

    stdin: Any
    stdout: Any
    stderr: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.io_loop = IOLoop.current()
        ours: dict[str, int] = {}
        theirs: list[int] = []
        try:
            for name in ("stdin", "stdout", "stderr"):
                if kwargs.get(name) is Subprocess.STREAM:
                    reader, writer = os.pipe()
                    ours[name], kwargs[name] = (
                        (writer, reader) if name == "stdin" else (reader, writer)
                    )
                    theirs.append(kwargs[name])
            self.proc = subprocess.Popen(*args, **kwargs)  # noqa: S603  the caller's command
        except BaseException:
            for fd in ours.values():
                os.close(fd)
            raise
        finally:
            # The child has its own copies; one left open here would keep it from seeing
            # the end of its input, or us from seeing that of its output.
            for fd in theirs:
                os.close(fd)
        for name in ("stdin", "stdout", "stderr"):
            open_pipe = self.write_pipe if name == "stdin" else self.read_pipe
            given = open_pipe(ours[name]) if name in ours else getattr(self.proc, name)
            setattr(self, name, given)
        self.pid = self.proc.pid
        self.returncode: int | None = None
        self._exit_callbacks: list[Callable[[int], object]] = []

    def set_exit_callback(self, callback: Callable[[int], object]) -> None:
        """Call ``callback(returncode)`` on the loop when the process has ended.

        The return code of a process that a signal ended is the signal's number, negated.
        """
        self._exit_callbacks.append(callback)
        if len(self._exit_callbacks) == 1:
            self._watch()

    def wait_for_exit(self, raise_error: bool = True) -> asyncio.Future[int]:
        """Return a Future of the return code.

        Raises CalledProcessError for another one than 0, unless `raise_error` is false.
        """
        future: asyncio.Future[int] = self.io_loop.asyncio_loop.create_future()

        def ended(returncode: int) -> None:
            if returncode == 0 or not raise_error:
                future_set_result_unless_cancelled(future, returncode)
            elif not future.cancelled():
                future.set_exception(CalledProcessError(returncode, self.proc.args))

        self.set_exit_callback(ended)
        return future

    @classmethod
    def initialize(cls) -> None:
        """Do nothing: there is no signal handler to install."""

    @classmethod
    def uninitialize(cls) -> None:
        """Do nothing: there is no signal handler to remove."""

    def _watch(self) -> None:
        if self.proc.poll() is None:
            try:
                fd = os.pidfd_open(self.pid)
            except (AttributeError, OSError):  # another system, or an old kernel
                threading.Thread(target=self._wait_in_thread, daemon=True).start()
            else:
                self.io_loop.add_handler(fd, self._on_exit, IOLoop.READ)
            return
        self.io_loop.add_callback(self._ended)

    def _wait_in_thread(self) -> None:
        self.proc.wait()
        self.io_loop.add_callback(self._ended)

    def _on_exit(self, fd: int, _events: int) -> None:
        self.io_loop.remove_handler(fd)
        os.close(fd)
        self._ended()

    def _ended(self) -> None:
        self.returncode = self.proc.wait()
        callbacks, self._exit_callbacks = self._exit_callbacks, []
        for callback in callbacks:
            self.io_loop.add_callback(callback, self.returncode)
