"""Reading into memory that all streams of a loop share.

For each read of a plain ``asyncio.Protocol``, asyncio's own loop allocates
256 KiB and gives most of it back: three system calls that cost more than a
small message does. A ``BufferedProtocol`` brings its own memory, and what was
read is taken out of it before the next read of any stream, so one piece per
loop is enough. uvloop does so by itself.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from etesian.streams.base_iostream import BaseIOStream

# Bytes. What asyncio reads at once: a bulk transfer takes as many calls as it would without this.
_SIZE = 256 * 1024

# One per loop, not per process: loops may run in several threads.
_memory: WeakKeyDictionary[asyncio.AbstractEventLoop, memoryview] = WeakKeyDictionary()


class SharedReader(asyncio.BufferedProtocol):
    """The protocol of a transport that feeds ``stream`` from the shared memory."""

    __slots__ = ("_memory", "_stream")

    def __init__(self, stream: BaseIOStream, loop: asyncio.AbstractEventLoop) -> None:
        memory = _memory.get(loop)
        if memory is None:
            memory = _memory[loop] = memoryview(bytearray(_SIZE))
        self._memory = memory
        self._stream = stream

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Lend the shared memory (asyncio.BufferedProtocol)."""
        return self._memory

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read out of it (asyncio.BufferedProtocol)."""
        self._stream.data_received(bytes(self._memory[:nbytes]))

    def eof_received(self) -> bool:
        """Pass it on (asyncio.BufferedProtocol)."""
        return self._stream.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on (asyncio.BaseProtocol)."""
        self._stream.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on (asyncio.BaseProtocol)."""
        self._stream.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on (asyncio.BaseProtocol)."""
        self._stream.resume_writing()
