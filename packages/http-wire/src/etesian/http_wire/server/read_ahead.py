"""Octets that came before their turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class ReadAhead(bytearray):
    """What was received and is not used yet; beyond ``limit`` octets the transport pauses."""

    __slots__ = ("_limit", "_transport", "paused")

    def __init__(self, transport: asyncio.Transport, limit: int) -> None:
        super().__init__()
        self._transport = transport
        self._limit = limit
        self.paused = False

    def pace(self) -> None:
        """Read on only while what waits is within its bound."""
        if len(self) <= self._limit:
            self.resume()
        elif not self.paused:
            self.paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on, however much waits."""
        if self.paused:
            self.paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
