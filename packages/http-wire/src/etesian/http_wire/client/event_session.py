"""The events within one block of an :class:`EventSource`, over the connections they take."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etesian.http_wire.client.errors import HTTPClientError
from etesian.http_wire.client.event_connection import EventStreamError, open_event_stream
from etesian.http_wire.client.event_reconnection import Reconnection
from etesian.http_wire.client.event_stream import EventStreamParser, ServerSentEvent
from etesian.http_wire.client.outgoing import is_repeatable
from etesian.http_wire.client.time_limit import time_limit
from etesian.http_wire.interface import HTTPInputError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from etesian.http_wire.client.client import AsyncHTTPClient
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.stream import ResponseStream

__all__ = ["EventOptions", "EventPosition", "EventSession"]


@dataclass(frozen=True, kw_only=True)
class EventOptions:
    """What :class:`EventSource` was made with; its own text says what each option is."""

    client: AsyncHTTPClient
    request: HTTPRequest
    idle_timeout: float
    max_retry: float
    max_failures: int
    max_line_size: int
    max_event_size: int


@dataclass
class EventPosition:
    """Where the stream goes on, whatever connection or block it goes on in."""

    last_event_id: str
    retry: float


class EventSession:
    """From one connection to the next, until it is left; then it gives no event any more.

    Each block has its own, so nothing that still waits for one that was left
    can touch the connection of the next.
    """

    def __init__(self, options: EventOptions, position: EventPosition) -> None:
        """Prepare; nothing is sent before :meth:`begin`. ``position`` is kept up to date."""
        self.is_left = False
        """Whether :meth:`leave` was called."""
        self._options = options
        self._position = position
        self._repeats = is_repeatable(options.request)
        self._reconnection = Reconnection(
            max_retry=options.max_retry, max_failures=options.max_failures
        )
        self._over = self._is_awaited = False
        self._attempt: asyncio.Task[None] | None = None
        self._stream: ResponseStream | None = None
        self._parser = self._new_parser()
        self._events: Iterator[ServerSentEvent] = iter(())
        # When the next piece was first waited for, by a call that may have been cancelled since.
        self._silent_since: float | None = None

    async def begin(self) -> None:
        """Connect; raises what :func:`open_event_stream` does."""
        self._is_awaited = True
        try:
            self._begin_attempt(self._connect())
            await self._attempt_ended()
        finally:
            self._is_awaited = False

    async def leave(self) -> None:
        """End the session, and close its connection; whoever waits for an event gets none."""
        self._over = self.is_left = True
        attempt, self._attempt = self._attempt, None
        try:
            if attempt is not None:
                attempt.cancel()
                await asyncio.wait([attempt])
                _ = attempt.cancelled() or attempt.exception()  # nobody wants to know any more
        finally:
            await self._disconnect()

    async def next_event(self) -> ServerSentEvent | None:
        """Give the next event, ``None`` when the session is over; raises as ``__anext__`` does."""
        if self._is_awaited:
            # It would take pieces, and connections, from under the call that waits.
            raise RuntimeError("one task iterates over an EventSource, and another waits already")
        self._is_awaited = True
        try:
            while not self._over:
                event = self._event_that_came()
                if event is not None:
                    return event
                await self._go_on()
        except Exception:
            self._over = True
            raise
        finally:
            self._is_awaited = False
        await self._disconnect()
        return None

    def _event_that_came(self) -> ServerSentEvent | None:
        try:
            event = next(self._events, None)
        except HTTPInputError as error:
            raise EventStreamError(str(error)) from error
        if event is not None:
            self._reconnection.event_came()
        # The parser reads no further than to the end of the event that it gives.
        self._position.last_event_id = self._parser.last_event_id
        if self._parser.retry is not None:
            self._position.retry = self._parser.retry
        return event

    async def _go_on(self) -> None:
        """Do what brings the next events, or a part of it; can be cancelled and called again."""
        stream = self._stream
        if self._attempt is not None or stream is None:
            await self._attempt_ended()
        elif (piece := await self._next_piece(stream)) is not None:
            self._events = self._parser.feed(piece)
        else:
            self._over = self._over or not self._repeats
            self._reconnection.stream_ended(self._position.retry)
            await self._disconnect()

    async def _next_piece(self, stream: ResponseStream) -> bytes | None:
        seconds, now = self._options.idle_timeout, _now()
        if self._silent_since is None:
            self._silent_since = now
        try:
            async with time_limit(
                seconds,
                "idle_timeout",
                "while waiting for an event or a comment",
                left=self._silent_since + seconds - now,
            ):
                piece = await anext(stream, None)
        except (HTTPClientError, OSError):
            # An end, a loss, a silence: all are answered by another connection, where one may be.
            # Where the block was left meanwhile, the loss is what that brought about.
            if not self._repeats and not self._over:
                raise
            return None
        self._silent_since = None
        return piece

    def _begin_attempt(self, connecting: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Connect in a task of its own, which a caller that is cancelled leaves to go on.

        Callers with less patience than a connection takes would never have one.
        """
        attempt = self._attempt = asyncio.get_running_loop().create_task(connecting)
        return attempt

    async def _attempt_ended(self) -> None:
        """Wait for the attempt to connect, and begin it where none is under way."""
        attempt = self._attempt or self._begin_attempt(self._reconnect())
        await asyncio.wait([attempt])
        if not self._over:
            self._attempt = None
            attempt.result()

    async def _reconnect(self) -> None:
        await self._reconnection.pause()
        try:
            await self._connect()
        except (HTTPClientError, OSError) as error:
            if not self._reconnection.failed(error, self._position.retry):
                raise
        else:
            self._reconnection.connected()

    async def _connect(self) -> None:
        options, position = self._options, self._position
        self._stream = await open_event_stream(
            options.client, options.request, position.last_event_id
        )
        self._over = self._over or self._stream is None
        self._parser = self._new_parser()
        self._silent_since = None

    async def _disconnect(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.__aexit__()

    def _new_parser(self) -> EventStreamParser:
        return EventStreamParser(
            last_event_id=self._position.last_event_id,
            max_line_size=self._options.max_line_size,
            max_event_size=self._options.max_event_size,
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
