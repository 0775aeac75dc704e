"""libcurl's multi interface on the event loop."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, cast

import pycurl

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    Ended = Callable[[tuple[int, str] | None], None]

__all__ = ["CurlDriver"]

_READ = {pycurl.POLL_IN, pycurl.POLL_INOUT}
_WRITE = {pycurl.POLL_OUT, pycurl.POLL_INOUT}


class CurlDriver:
    """Runs transfers: libcurl names the sockets and the time, the loop watches them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._ended: dict[pycurl.Curl, Ended] = {}
        self._running: set[pycurl.Curl] = set()
        self._watched: dict[int, int] = {}
        self._kept: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._within_libcurl = False
        self._put_off: list[Callable[[], None]] = []

    def add(self, handle: pycurl.Curl, ended: Ended) -> None:
        """Start a transfer; ``ended`` is called once, with libcurl's error or ``None``.

        It is never called within this call, and the handle is the caller's
        again when it is.
        """
        self._ended[handle] = ended
        self._outside_libcurl(lambda: self._start(handle))

    def remove(self, handle: pycurl.Curl) -> None:
        """Stop a transfer, if it was started, and close its handle; nobody is called."""
        self._ended.pop(handle, None)
        self._outside_libcurl(lambda: self._stop(handle))

    def unpause(self, handle: pycurl.Curl) -> None:
        """Let a transfer go on whose write function asked for a pause."""
        if handle not in self._ended:
            return
        try:
            self._within(lambda: handle.pause(pycurl.PAUSE_CONT))
        except pycurl.error as error:
            # The write function refused what it got within this call. libcurl tells only us.
            self._end(handle, cast("tuple[int, str]", error.args))
        else:
            self._act(pycurl.SOCKET_TIMEOUT, 0)

    def close(self) -> None:
        """Stop everything and close the connections."""
        for handle in list(self._ended):
            self.remove(handle)
        self._outside_libcurl(self._close)

    def _start(self, handle: pycurl.Curl) -> None:
        if handle in self._ended:
            self._running.add(handle)
            if self._something_came_unasked():
                handle.setopt(pycurl.FRESH_CONNECT, 1)
            self._multi.add_handle(handle)

    def _something_came_unasked(self) -> bool:
        """Tell whether a kept connection has ended, or holds what would be taken for an answer.

        libcurl looks for that by itself, but once a second only.
        """
        if not self._kept:
            return False
        poll = select.poll()
        for fd in self._kept:
            poll.register(fd, select.POLLIN)
        found = poll.poll(0)
        # Closed by libcurl since; a number that is another's by now costs a connection at worst.
        self._kept.difference_update(fd for fd, events in found if events & select.POLLNVAL)
        return any(not events & select.POLLNVAL for _, events in found)

    def _stop(self, handle: pycurl.Curl) -> None:
        if handle in self._running:
            self._running.remove(handle)
            self._multi.remove_handle(handle)
        handle.close()

    def _close(self) -> None:
        self._closed = True
        self._multi.close()
        self._set_timer(-1)
        for fd in list(self._watched):
            self._watch(pycurl.POLL_REMOVE, fd, None, None)

    def _outside_libcurl(self, action: Callable[[], None]) -> None:
        """Do what libcurl forbids to its callbacks now, or when it has returned."""
        if self._within_libcurl:
            self._put_off.append(action)
        else:
            action()

    def _within(self, call: Callable[[], object]) -> None:
        """Let libcurl call back."""
        self._within_libcurl = True
        try:
            call()
        finally:
            self._within_libcurl = False
            put_off, self._put_off = self._put_off, []
            for action in put_off:
                action()

    def _watch(self, what: int, fd: int, _multi: object, _data: object) -> None:
        before = self._watched.pop(fd, pycurl.POLL_NONE)
        if before in _READ:
            self._loop.remove_reader(fd)
        if before in _WRITE:
            self._loop.remove_writer(fd)
        if what == pycurl.POLL_REMOVE:
            return
        self._watched[fd] = what
        self._kept.discard(fd)
        if what in _READ:
            self._loop.add_reader(fd, self._act, fd, pycurl.CSELECT_IN)
        if what in _WRITE:
            self._loop.add_writer(fd, self._act, fd, pycurl.CSELECT_OUT)

    def _set_timer(self, milliseconds: int) -> None:
        # libcurl forbids to act within this call, also where no time is left.
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if milliseconds >= 0:
            self._timer = self._loop.call_later(milliseconds / 1000, self._time_passed)

    def _time_passed(self) -> None:
        self._timer = None
        self._act(pycurl.SOCKET_TIMEOUT, 0)

    def _act(self, fd: int, mask: int) -> None:
        if self._closed:
            return
        self._within(lambda: self._multi.socket_action(fd, mask))
        more = 1
        while more and not self._closed:
            more, succeeded, failed = self._multi.info_read()
            for handle in succeeded:
                self._end(handle, None)
            for handle, code, message in failed:
                self._end(handle, (code, message))

    def _end(self, handle: pycurl.Curl, error: tuple[int, str] | None) -> None:
        ended = self._ended.pop(handle, None)
        if ended is not None:
            self._running.remove(handle)
            if error is None and (fd := handle.getinfo(pycurl.ACTIVESOCKET)) >= 0:
                self._kept.add(fd)
            self._multi.remove_handle(handle)
            ended(error)
