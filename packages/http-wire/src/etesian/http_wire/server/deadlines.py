"""One coarse clock for all connections of a server, instead of a timer for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import asyncio

# Nobody needs a timeout of many seconds to the millisecond; a scan costs 0.1 us a connection.
_COARSE_INTERVAL: Final = 1.0
# A timeout is not missed by more than a quarter, but no scan runs more often than this.
_FINEST_INTERVAL: Final = 0.02

NEVER: Final = float("inf")


class Timed(Protocol):
    """Something that looks at the clock when told to."""

    def check_deadlines(self, now: float) -> None:
        """Act where a deadline lies before ``now``, in seconds of the loop's clock."""
        ...


class Deadlines:
    """Tells its members the time at every tick; ticks only while it has members.

    ``now`` is the loop's time at the last tick: reading it costs nothing. It is
    late by up to ``interval`` seconds, so that a deadline made from it by
    :meth:`after` never comes early.
    """

    __slots__ = ("_handle", "_loop", "_members", "interval", "now")

    def __init__(self, shortest_timeout: float) -> None:
        """``shortest_timeout`` is the shortest time, in seconds, that members will ask for."""
        self.interval = min(_COARSE_INTERVAL, max(shortest_timeout / 4, _FINEST_INTERVAL))
        self.now = 0.0
        self._members: set[Timed] = set()
        self._handle: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, member: Timed, loop: asyncio.AbstractEventLoop) -> None:
        """Tell ``member`` the time from now on."""
        self._members.add(member)
        if self._handle is None or self._loop is not loop:
            self._loop = loop
            self.now = loop.time()
            self._handle = loop.call_later(self.interval, self._tick, loop)

    def discard(self, member: Timed) -> None:
        """Forget ``member``."""
        self._members.discard(member)
        if not self._members and self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def after(self, seconds: float) -> float:
        """Give the moment that is at least ``seconds`` away."""
        return self.now + self.interval + seconds

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self.now = loop.time()
        self._handle = loop.call_later(self.interval, self._tick, loop)
        for member in list(self._members):
            member.check_deadlines(self.now)
