"""A worker as its supervisor sees it: a process, and what it says."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from etesian.cli.workers.channel import READY, RETIRING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What a terminal sends to the whole group of processes.
_FROM_TERMINAL = (signal.SIGINT, signal.SIGHUP)


class WorkerProcess:
    """A running worker. It is a fresh interpreter, so that it has the code as it is now.

    ``ready`` gives whether it got as far as to serve; ``ended`` its exit status, or minus
    the signal that killed it; ``retiring`` is set when it wants a successor.
    """

    def __init__(self, arguments: Sequence[str], sockets: Sequence[socket.socket]) -> None:
        """Start it on ``sockets``, which stay the caller's."""
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[bool] = self._loop.create_future()
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self.retiring = asyncio.Event()
        self.started_at = self.seen_at = self._loop.time()
        self._channel, theirs = socket.socketpair()
        self._channel.setblocking(False)
        with theirs:
            numbers = [one.fileno() for one in sockets]
            module = ["-m", "etesian.cli.workers.worker", str(theirs.fileno()), _joined(numbers)]
            command = [sys.executable, *_interpreter_options(), *module, *arguments]
            with _held_back(_FROM_TERMINAL):
                self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
                    command, pass_fds=[theirs.fileno(), *numbers]
                )
        self.pid = self._process.pid
        self._loop.add_reader(self._channel, self._read)

    def terminate(self) -> None:
        """Ask it to end in order; nothing where it has ended."""
        self._process.terminate()

    def kill(self) -> None:
        """End it at once; nothing where it has ended."""
        self._process.kill()

    def look(self) -> None:
        """Find out whether it has ended: after SIGCHLD."""
        status = self._process.poll()
        if status is None or self.ended.done():
            return
        self._read()
        self._loop.remove_reader(self._channel)
        self._channel.close()
        self.ended.set_result(status)
        if not self.ready.done():
            self.ready.set_result(False)

    def _read(self) -> None:
        try:
            said = self._channel.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        self.seen_at = self._loop.time()
        if not said:
            self._loop.remove_reader(self._channel)
        if READY in said and not self.ready.done():
            self.ready.set_result(True)
        if RETIRING in said:
            self.retiring.set()


def _joined(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


def _interpreter_options() -> list[str]:
    """Give the options that this interpreter was started with: -W, -X, -O and the like."""
    words = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]
    # What is left ends with what it ran: a script, or a module or code behind its option.
    options = words[:-1]
    return options[:-1] if options[-1:] in (["-m"], ["-c"]) else options


@contextmanager
def _held_back(signals: Sequence[signal.Signals]) -> Iterator[None]:
    """Block signals, for a child that inherits this until it is ready to deal with them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
