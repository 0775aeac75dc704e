"""Giving up peers that have stopped taking what is written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class StallTimer:
    """Calls ``give_up`` once ``waiting()`` has not become less for ``timeout`` seconds.

    It looks once in that time, so that it costs nothing; between one and two
    timeouts pass between the last byte that was taken and the call.
    """

    __slots__ = ("_give_up", "_handle", "_least", "_timeout", "_waiting")

    def __init__(
        self, timeout: float, waiting: Callable[[], int], give_up: Callable[[], object]
    ) -> None:
        self._timeout = timeout
        self._waiting = waiting
        self._give_up = give_up
        self._least = waiting()
        self._handle = self._start()

    def cancel(self) -> None:
        """Look no more."""
        self._handle.cancel()

    def _start(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._timeout, self._look)

    def _look(self) -> None:
        waiting = self._waiting()
        if waiting >= self._least:
            self._give_up()
        else:
            self._least = waiting
            self._handle = self._start()
