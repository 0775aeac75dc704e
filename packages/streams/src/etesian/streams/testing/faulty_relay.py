"""A relay between a real client and a real server that misbehaves as told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from etesian.streams.testing.faults import Faults
from etesian.streams.testing.faulty_stream import reset

if TYPE_CHECKING:
    from types import TracebackType


# Seconds. Between the last bytes and a reset: uvloop takes one that comes with them for an end.
_APART = 0.002


class FaultyRelay:
    """Listens on :attr:`port` of 127.0.0.1 and passes each connection on to ``host:port``.

    ``upward`` are the faults of what clients send, ``downward`` those of what
    the server answers; both count for each connection anew. For any client and
    server, whatever they are written with:
    ``async with FaultyRelay("127.0.0.1", port, downward=Faults(chunk_size=1)) as relay``.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        upward: Faults = Faults(),  # noqa: B008 - a frozen value
        downward: Faults = Faults(),  # noqa: B008 - a frozen value
    ) -> None:
        self._target = (host, port)
        self._upward = upward
        self._downward = downward
        self._ends: set[_End] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Near(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None  # noqa: S101 - it was entered
        self._server.close()
        for task in self._opening:
            task.cancel()
        for end in self._ends:
            end.abort()
        # Transports close their sockets in a later turn of the loop.
        await asyncio.sleep(0.01)

    def _open(self, near: _Near) -> None:
        task = asyncio.get_running_loop().create_task(self._connect(near))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connect(self, near: _Near) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, far = await loop.create_connection(lambda: _End(self, self._downward), *self._target)
        except OSError:
            near.abort()
            return
        near.join(far)
        far.join(near)


class _End(asyncio.Protocol):
    """One end of a relayed connection; what it receives goes to the other with ``faults``."""

    def __init__(self, relay: FaultyRelay, faults: Faults) -> None:
        self._relay = relay
        self._faults = faults
        self._count = 0
        self._other: _End | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's derives from nothing
        self._relay._ends.add(self)  # noqa: SLF001 - two parts of one thing
        transport.pause_reading()  # type: ignore[attr-defined]  # the same

    def join(self, other: _End) -> None:
        """Begin to pass on to ``other``."""
        self._other = other
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        target = self._other._transport if self._other else None  # noqa: SLF001 - of one kind
        if target is None:
            return
        for piece in self._faults.cut(data, self._count):
            self._count += len(piece)
            target.write(piece)
        if self._faults.resets_at(self._count):
            asyncio.get_running_loop().call_later(_APART, self._reset, target)
        elif self._faults.ends_at(self._count):
            target.write_eof()

    def _reset(self, target: asyncio.Transport) -> None:
        if not target.is_closing():
            reset(target)
        self.abort()

    def eof_received(self) -> bool:
        target = self._other._transport if self._other else None  # noqa: SLF001 - of one kind
        stalled = self._faults.stall_after is not None and self._count >= self._faults.stall_after
        if target is not None and not stalled:
            target.write_eof()
        return True

    def connection_lost(self, exc: BaseException | None) -> None:  # noqa: ARG002 - asyncio's
        self._relay._ends.discard(self)  # noqa: SLF001 - two parts of one thing
        self._transport = None
        if self._other is not None:
            self._other.abort()

    def abort(self) -> None:
        """Close this end at once."""
        if self._transport is not None:
            self._transport.abort()


class _Near(_End):
    """The end of the client, for which the other is yet to be connected."""

    def __init__(self, relay: FaultyRelay) -> None:
        super().__init__(relay, relay._upward)  # noqa: SLF001 - two parts of one thing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._relay._open(self)  # noqa: SLF001 - two parts of one thing
