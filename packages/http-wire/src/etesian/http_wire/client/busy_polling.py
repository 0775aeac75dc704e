"""Looking for an answer that is about to come, where sleeping until it comes would take longer.

A loop with nothing to do sleeps until the system wakes it. Between two programs on one machine, or
in one rack, falling asleep and waking up takes longer than the answer, on virtual machines most of
all. Systems know the same for their own waits: Linux polls for up to 200 µs before a virtual
processor is given up (``haltpoll``), and may do so for sockets (``SO_BUSY_POLL``).
"""

from __future__ import annotations

from contextvars import Context
from time import monotonic
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

__all__ = ["BUSY_POLL", "Answering", "BusyPolling"]

BUSY_POLL = 100e-6
"""Seconds: about twice what falling asleep and waking up cost, so a vain look costs little more."""


class Answering(Protocol):
    """A connection, as far as the time of its answers goes."""

    asked_at: float
    """When the last request was sent, by the monotonic clock."""
    last_took: float
    """Seconds from the request before that to the end of its answer; NaN if there was none."""

    @property
    def is_exchanging(self) -> bool:
        """Whether the answer to the last request is still to come."""
        ...


class BusyPolling:
    """Keeps a loop from sleeping for a moment after a request.

    Only where the last answer on the same connection came within the limit, so
    that a server that takes its time costs nothing but one vain look when it
    begins to; and never for longer than the limit. Meanwhile the loop turns as
    it does when it is busy: it serves everything else, and whatever comes first
    comes first. Nothing is kept of a connection once its answer is there.
    """

    __slots__ = ("_connection", "_context", "_limit", "_loop", "_next", "_until")

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: float) -> None:
        """Poll for up to ``limit`` seconds; 0 is never. Raises ``ValueError`` for any less."""
        if not limit >= 0:
            raise ValueError(f"busy_poll is {limit}, expected 0 or more seconds")
        self._loop = loop
        self._limit = float(limit)  # another kind of number would fail first where a request is out
        self._until = 0.0  # until when the next turn may have something to do
        self._next: asyncio.Handle | None = None
        self._connection: Answering | None = None  # the latest asked, while the loop is kept awake
        self._context = Context()  # that of a fetch would be kept alive, and copied at each turn

    def request_sent(self, connection: Answering) -> None:
        """Keep the loop awake if the answer is expected at once."""
        if connection.last_took < self._limit:
            if connection.asked_at >= self._until:
                self._begin()
            self._until = connection.asked_at + self._limit
            self._connection = connection

    def _begin(self) -> None:
        # A turn that should have come by now waits in the queue, or was lost where an interruption
        # (KeyboardInterrupt) struck the loop between taking a callback and calling it.
        if self._next is not None:
            self._next.cancel()
        self._next = self._loop.call_soon(self._turn, context=self._context)

    def _turn(self) -> None:
        # A loop with a callback in its queue looks for what has come, and does not wait for it.
        connection = self._connection
        if connection is not None and connection.is_exchanging and monotonic() < self._until:
            self._next = self._loop.call_soon(self._turn, context=self._context)
        else:
            self._connection = self._next = None
            self._until = 0.0
