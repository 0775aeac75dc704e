"""Handlers of file descriptors that become readable or writable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["ERROR", "NONE", "READ", "WRITE", "Descriptors", "FileObject", "split_fd"]

# The documented values, those of Linux's EPOLLIN, EPOLLOUT and EPOLLERR | EPOLLHUP.
NONE = 0
READ = 0x001
WRITE = 0x004
ERROR = 0x018


class FileObject(Protocol):
    """Something with a file descriptor, such as a socket."""

    def fileno(self) -> int:
        """Return the descriptor."""

    def close(self) -> object:
        """Close the descriptor."""


def split_fd(fd: int | FileObject) -> tuple[int, int | FileObject]:
    """Return the descriptor as a number, and `fd` as it was given."""
    return (fd, fd) if isinstance(fd, int) else (fd.fileno(), fd)


def close_fd(fd: int | FileObject) -> None:
    """Close a descriptor or a file object; harmless when it is closed already."""
    try:
        if isinstance(fd, int):
            os.close(fd)
        else:
            fd.close()
    except OSError:
        pass


class _Registration:
    """What is watched, by whom, for what."""

    __slots__ = ("events", "given", "handler")

    def __init__(
        self, given: int | FileObject, handler: Callable[[Any, int], object], events: int
    ) -> None:
        self.given = given
        self.handler = handler
        self.events = events


class Descriptors:
    """The descriptors that one loop watches.

    `run` is called as ``run(handler, (fd, events), {})`` for each event, and keeps the
    handler's errors from the loop. A descriptor that is readable and writable at once has
    its handler called twice, once for each.
    """

    def __init__(self, asyncio_loop: asyncio.AbstractEventLoop, run: Callable[..., None]) -> None:
        self._asyncio_loop = asyncio_loop
        self._run = run
        self._registrations: dict[int, _Registration] = {}

    def add(self, fd: int | FileObject, handler: Callable[[Any, int], object], events: int) -> None:
        """Watch a descriptor; ValueError when it is watched already."""
        number, given = split_fd(fd)
        if number in self._registrations:
            raise ValueError(f"descriptor {number} has a handler already: update or remove it")
        self._watch(number, _Registration(given, handler, events), NONE)

    def update(self, fd: int | FileObject, events: int) -> None:
        """Change the events of interest; KeyError when the descriptor is not watched."""
        number, _ = split_fd(fd)
        known = self._registrations.get(number)
        if known is None:
            raise KeyError(f"descriptor {number} has no handler: add one first")
        self._watch(number, _Registration(known.given, known.handler, events), known.events)

    def remove(self, fd: int | FileObject) -> None:
        """Stop watching; harmless when the descriptor is not watched."""
        number = self._number_of(fd)
        if self._registrations.pop(number, None) is not None:
            self._asyncio_loop.remove_reader(number)
            self._asyncio_loop.remove_writer(number)

    def clear(self, *, close: bool) -> None:
        """Stop watching everything; with `close`, close it too."""
        for number, registration in list(self._registrations.items()):
            self.remove(number)
            if close:
                close_fd(registration.given)

    def _number_of(self, fd: int | FileObject) -> int:
        number, given = split_fd(fd)
        if number >= 0:
            return number
        # A closed socket's number is -1: it is known by what was given then.
        known = self._registrations.items()
        return next((n for n, registration in known if registration.given is given), number)

    def _watch(self, number: int, registration: _Registration, before: int) -> None:
        # ERROR needs no call: epoll and its like always report errors, and asyncio passes
        # them on as readable and writable to whoever asked for either.
        loop, handler, events = self._asyncio_loop, registration.handler, registration.events
        if events & READ:
            loop.add_reader(number, self._run, handler, (registration.given, READ), {})
        elif before & READ:
            loop.remove_reader(number)
        if events & WRITE:
            loop.add_writer(number, self._run, handler, (registration.given, WRITE), {})
        elif before & WRITE:
            loop.remove_writer(number)
        self._registrations[number] = registration
