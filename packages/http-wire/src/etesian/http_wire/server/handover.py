"""A live transport passed from one protocol to the next without losing a byte."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from etesian.http_wire.interface import TransportProtocol

# So few transports are not worth a search for those that have closed.
_FEW: Final = 64


def hand_over(
    transport: asyncio.Transport,
    protocol: TransportProtocol,
    received: bytes,
    *,
    writing_paused: bool,
) -> None:
    """Let ``protocol`` be fed by ``transport``, and first by the bytes ``received`` already.

    It is told of the connection, and of a full write buffer, as by the loop.
    """
    taker = cast("asyncio.Protocol | asyncio.BufferedProtocol", protocol)
    transport.set_protocol(taker)
    taker.connection_made(transport)
    if writing_paused:
        taker.pause_writing()
    if isinstance(taker, asyncio.BufferedProtocol):
        _fill(taker, received)
    elif received:
        taker.data_received(received)


def _fill(taker: asyncio.BufferedProtocol, received: bytes) -> None:
    while received:
        with memoryview(taker.get_buffer(len(received))) as view:
            size = min(len(view), len(received))
            view[:size] = received[:size]
        taker.buffer_updated(size)
        received = received[size:]


class HandedOver:
    """The transports that were given away, until they close.

    Nobody tells when they do, so the closed ones are swept out whenever the number
    has doubled: at most half of what is kept is closed, or ``_FEW``. (Weak
    references would do without that, but uvloop's transports over TLS have none.)
    """

    __slots__ = ("_sweep_at", "_transports")

    def __init__(self) -> None:
        self._transports: set[asyncio.Transport] = set()
        self._sweep_at = _FEW

    def __len__(self) -> int:
        return len(self._transports)

    def add(self, transport: asyncio.Transport) -> None:
        """Keep ``transport`` while it is open."""
        if len(self._transports) >= self._sweep_at:
            self.sweep()
        self._transports.add(transport)

    def sweep(self) -> None:
        """Forget those that have closed."""
        self._transports = {kept for kept in self._transports if not kept.is_closing()}
        self._sweep_at = max(_FEW, 2 * len(self._transports))

    def begin_drain(self) -> list[Awaitable[object]]:
        """Tell those that can be told that the server shuts down; give what ends with each."""
        told = []
        for transport in list(self._transports):  # who is told may close it
            begin_drain = getattr(transport.get_protocol(), "begin_drain", None)
            if begin_drain is not None and not transport.is_closing():
                told.append(begin_drain())
        return told

    def abort(self) -> None:
        """Cut all that are open still, and forget them."""
        transports, self._transports = self._transports, set()
        for transport in transports:
            if not transport.is_closing():
                transport.abort()
