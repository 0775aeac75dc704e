"""Awaitables for writers: done already, never to be done, or done when the peer has read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etesian.streams.interface import StreamClosedError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Generator


class _Done:
    """A finished awaitable; one object serves every write that needs no wait."""

    __slots__ = ()

    def __await__(self) -> Generator[object, None, None]:
        yield from ()


class _Closed:
    """An awaitable for writes that nobody will read; harmless when it is not awaited."""

    __slots__ = ()

    def __await__(self) -> Generator[object, None, None]:
        yield from ()
        raise StreamClosedError


DONE: Final = _Done()
CLOSED: Final = _Closed()


class WriteGate:
    """Holds writers back while the transport has too much to send.

    Each gets a future of its own, so that one that is cancelled leaves the
    others alone.
    """

    __slots__ = ("_loop", "_waiters")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiters: list[asyncio.Future[None]] = []

    def wait(self) -> Awaitable[None]:
        """Give what ends when the gate opens, or fails when it closes for good."""
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        return waiter

    def open(self) -> None:
        """Let all waiting writers go on."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def close(self, error: BaseException | None) -> None:
        """Fail all waiting writers with ``StreamClosedError``."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(StreamClosedError(error))
                waiter.exception()  # a writer need not await what it was given
