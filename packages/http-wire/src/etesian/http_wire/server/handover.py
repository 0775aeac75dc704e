"""A live transport passed from one protocol to the next without losing a byte."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from etesian.http_wire.interface import TransportProtocol


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
