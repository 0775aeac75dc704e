"""Pings at an interval, and the news that nobody answers them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from etesian.websocket.interface import WebSocketClosedError

if TYPE_CHECKING:
    import asyncio

__all__ = ["Keepalive", "Pinger"]


# Seconds between the end of the wait and giving up: enough for a turn of the loop that reads
# sockets. A delay of 0 is not, because uvloop runs what is due at once before it polls.
_LAST_LOOK: Final = 0.01


class Pinger(Protocol):
    """The connection, as far as it is kept alive."""

    @property
    def is_reading(self) -> bool:
        """Say whether a Pong could arrive: not while reading is paused."""
        ...

    def ping(self, data: bytes = b"") -> object:
        """Send a Ping."""
        ...

    def abort(self) -> None:
        """Drop the connection."""
        ...


class Keepalive:
    """Sends a Ping every ``interval`` seconds; aborts ``timeout`` after an unanswered one.

    Any Pong is a sign of life, whatever it carries: a dead peer sends none. The
    wait counts from the first Ping without an answer, so a ``timeout`` longer
    than the interval is kept too. A dead peer is found within the sum of both.
    """

    def __init__(
        self,
        pinger: Pinger,
        loop: asyncio.AbstractEventLoop,
        *,
        interval: float,
        timeout: float,
    ) -> None:
        self._pinger = pinger
        self._loop = loop
        self._interval = interval
        self._timeout = timeout
        self._deadline: asyncio.TimerHandle | None = None
        self._next_ping = loop.call_later(interval, self._ping)

    def stop(self) -> None:
        """Send no more, expect no more."""
        self._next_ping.cancel()
        self.pong_received()

    def pong_received(self) -> None:
        """Take the sign of life."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _ping(self) -> None:
        self._next_ping = self._loop.call_later(self._interval, self._ping)
        if self._deadline is None:
            self._deadline = self._loop.call_later(self._timeout, self._expire)
        with suppress(WebSocketClosedError):  # who closed it has said so
            self._pinger.ping()

    def _expire(self) -> None:
        """Let what may wait in the socket be read first.

        After a suspended machine resumes, all timers are due before any socket is read.
        """
        self._deadline = self._loop.call_later(_LAST_LOOK, self._give_up)

    def _give_up(self) -> None:
        self._deadline = None
        if self._pinger.is_reading:
            self._pinger.abort()
