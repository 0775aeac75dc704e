"""The body of a request on its way from the event loop into a thread."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable
    from typing import Any

__all__ = ["BodyPipe"]

# Octets that wait for the thread at most: above the first the client is read no further, below
# the second it is again. Some round trips' worth, and memory per request.
_HIGH_WATER: Final = 256 * 1024
_LOW_WATER: Final = 64 * 1024
# Seconds between looks at whether the loop still runs: one that has stopped brings nothing.
_LOOK_INTERVAL: Final = 1.0


class BodyPipe(io.RawIOBase):
    """A raw stream that a thread reads and the loop's thread fills.

    :meth:`feed`, :meth:`end` and :meth:`break_off` are for the loop, the methods of
    a stream for one other thread. Reading waits for octets; after
    :meth:`break_off`, and where the loop has stopped, it raises
    ``ConnectionResetError``. :meth:`close` drops what was not read and all that still
    comes.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._has_ended = False
        self._is_broken = False
        self._room: asyncio.Future[None] | None = None

    @property
    def size(self) -> int:
        """How many octets wait to be read."""
        return len(self._waiting)

    def feed(self, chunk: bytes) -> Awaitable[None] | None:
        """Take a piece of the body; what is given ends when there is room for more."""
        with self._changed:
            if self.closed or self._is_broken:
                return None
            self._waiting += chunk
            self._changed.notify()
            if len(self._waiting) <= _HIGH_WATER:
                return None
            self._room = self._loop.create_future()
            return self._room

    def end(self) -> None:
        """Take the news that the body is complete."""
        with self._changed:
            self._has_ended = True
            self._changed.notify()

    def break_off(self) -> None:
        """Take the news that the client left; harmless after the end."""
        with self._changed:
            self._is_broken = not self._has_ended
            self._changed.notify()

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for octets and put some into ``buffer``; 0 at the end."""
        with self._changed:
            while not self._changed.wait_for(self._is_readable_now, _LOOK_INTERVAL):
                if not self._loop.is_running():
                    self._is_broken = True
            if self._is_broken:
                raise ConnectionResetError("the request ended before its body did")
            size = min(len(buffer), len(self._waiting))
            buffer[:size] = self._waiting[:size]
            del self._waiting[:size]
            if len(self._waiting) <= _LOW_WATER:
                self._make_room()
            return size

    def close(self) -> None:
        """Read no more; who reads just now is told that the body broke off."""
        with self._changed:
            self._is_broken = True
            self._changed.notify()
            self._waiting.clear()
            self._make_room()
            super().close()

    def _is_readable_now(self) -> bool:
        return bool(self._waiting) or self._has_ended or self._is_broken

    def _make_room(self) -> None:
        room, self._room = self._room, None
        if room is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_resolve, room)


def _resolve(room: asyncio.Future[None]) -> None:
    if not room.done():
        room.set_result(None)
