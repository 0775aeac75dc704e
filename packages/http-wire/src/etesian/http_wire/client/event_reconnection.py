"""When an event stream is connected again, and when no longer."""

from __future__ import annotations

import asyncio
import random

from etesian.http_wire.client.errors import HTTPClientError
from etesian.http_wire.client.event_connection import EventStreamError
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.retry import PASSING_CODES, is_lasting, retry_after

__all__ = ["Reconnection"]

# Seconds at least, also for a server that says less.
MIN_RETRY = 0.05


class Reconnection:
    """The pause before the next connection: the longer, the more of them brought no event."""

    def __init__(self, *, max_retry: float, max_failures: int) -> None:
        """``max_retry`` is in seconds, ``max_failures`` are those in a row."""
        self._max_retry = max_retry
        self._max_failures = max_failures
        # The connections since the last event, the failures since the last connection, and when,
        # by the loop's clock, the next attempt is due.
        self._fruitless = self._failures = 0
        self._due = 0.0

    def event_came(self) -> None:
        """Begin anew with the shortest pause."""
        self._fruitless = 0

    def connected(self) -> None:
        """Count a connection, that brings an event or does not."""
        self._fruitless += 1

    def stream_ended(self, retry: float) -> None:
        """Set the pause after a stream; ``retry`` are the server's seconds."""
        self._failures = 0
        self._due = _now() + self._delay(retry)

    def failed(self, error: Exception, retry: float) -> bool:
        """Set the pause after an attempt that failed, and tell whether there may be another."""
        self._fruitless += 1
        self._failures += 1
        if self._failures >= self._max_failures or _is_final(error):
            return False
        self._due = _now() + max(self._delay(retry), min(_asked_for(error), self._max_retry))
        return True

    async def pause(self) -> None:
        """Return when the next attempt is due."""
        await asyncio.sleep(self._due - _now())

    def _delay(self, retry: float) -> float:
        doublings = min(self._fruitless, 60)  # beyond which floats would end
        longest = min(max(retry, MIN_RETRY) * 2.0**doublings, self._max_retry)
        return longest * random.uniform(1, 1.25)  # noqa: S311  # to spread, not to hide


def _now() -> float:
    return asyncio.get_running_loop().time()


def _is_final(error: Exception) -> bool:
    """Tell whether no repetition can mend this."""
    if isinstance(error, HTTPClientError) and isinstance(error.response, HTTPResponse):
        return error.response.code not in PASSING_CODES
    return isinstance(error, EventStreamError) or is_lasting(error)


def _asked_for(error: Exception) -> float:
    """Give the seconds that a response asks for, 0 without any."""
    response = error.response if isinstance(error, HTTPClientError) else None
    if not isinstance(response, HTTPResponse):
        return 0.0
    return retry_after(response.headers) or 0.0
