"""The connections of a server that are open, and what happens when there are too many."""

from __future__ import annotations

import logging
from heapq import nsmallest
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.http_wire.server.deadlines import Deadlines
    from etesian.http_wire.server.endable_connection import EndableConnection
    from etesian.http_wire.server.handover import HandedOver

_log = logging.getLogger("etesian.general")

# How many close together, as a part of the limit: to find the oldest all are looked at, which
# should not be done for each newcomer of a flood.
_BATCH: Final = 1 / 32
# Of the files that a process may open, how many may be connections. The rest is for what these
# do (other servers, files), and for those 128 that are accepted before any of them is counted.
_SHARE_OF_FILES: Final = 3 / 4


class OpenConnections:
    """Those that speak HTTP, with a bound that counts those handed over too.

    A newcomer beyond the bound makes room for itself: connections that wait for
    a request close, longest first, and those of whose request something has
    come after all others. Where every connection is at work the newcomer is
    answered 503 and closed. Either leaves at most one line in the log per tick
    of ``deadlines``.
    """

    def __init__(self, limit: int | None, deadlines: Deadlines, handed_over: HandedOver) -> None:
        """``limit`` is a number of connections; ``None`` is no bound."""
        self._limit = limit
        self._deadlines = deadlines
        self._handed_over = handed_over
        # In the order in which they came: clocks of servers are too coarse to tell all apart.
        self._open: dict[EndableConnection, None] = {}
        # Of these, the ones that were told to close and have not yet.
        self._leaving: set[EndableConnection] = set()
        self._logged_at = self._crowded_at = -1.0

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[EndableConnection]:
        """Go through those that are open now, whatever happens to them meanwhile."""
        return iter(list(self._open))

    def add(self, connection: EndableConnection) -> None:
        """Take a newcomer, which may be closed before this returns."""
        self._open[connection] = None
        if self._limit is not None and self._excess(self._limit) > 0:
            self._make_room(self._limit, connection)

    def discard(self, connection: EndableConnection) -> None:
        """Forget one that has closed, or left HTTP."""
        self._open.pop(connection, None)
        self._leaving.discard(connection)

    def _excess(self, limit: int) -> int:
        return len(self._open) - len(self._leaving) + len(self._handed_over) - limit

    def _make_room(self, limit: int, newcomer: EndableConnection) -> None:
        # Where all were at work at the last look, another before the next tick would cost more
        # than it could find.
        if self._crowded_at != self._deadlines.now:
            self._handed_over.sweep()
            excess = self._excess(limit)
            if excess <= 0:
                return
            idle = self._longest_waiting(max(excess, int(limit * _BATCH)), newcomer)
            if idle:
                self._say("closes those that are idle longest")
                for connection in idle:
                    self._leaving.add(connection)
                    connection.close_at_once()
                return
            self._crowded_at = self._deadlines.now
        self._say("answers new ones 503")
        self._leaving.add(newcomer)
        newcomer.turn_away()

    def _longest_waiting(self, count: int, newcomer: EndableConnection) -> list[EndableConnection]:
        waiting = []
        for number, connection in enumerate(self._open):
            since = connection.waiting_since
            if since is not None and connection is not newcomer:
                waiting.append((connection.has_received, since, number, connection))
        return [connection for *_, connection in nsmallest(count, waiting)]

    def _say(self, what: str) -> None:
        if self._logged_at != self._deadlines.now:
            self._logged_at = self._deadlines.now
            _log.warning("A server with %s connections, its limit, %s", self._limit, what)


def usual_limit() -> int | None:
    """Give how many connections fit beside the other files of the process; ``None``: any number."""
    try:
        import resource  # noqa: PLC0415  # not everywhere
    except ImportError:
        return None
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if files == resource.RLIM_INFINITY else int(files * _SHARE_OF_FILES)
