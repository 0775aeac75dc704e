"""Server-sent events from a client: one stream that outlives its connections."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Self

from etesian.http_wire.client.errors import HTTPClientError, HTTPProtocolError
from etesian.http_wire.client.event_stream import (
    MAX_EVENT_SIZE,
    MAX_LINE_SIZE,
    EventStreamParser,
    ServerSentEvent,
)
from etesian.http_wire.client.outgoing import is_repeatable
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.retry import PASSING_CODES, is_lasting, retry_after
from etesian.http_wire.client.time_limit import time_limit
from etesian.http_wire.interface import HTTPInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.http_wire.client.client import AsyncHTTPClient
    from etesian.http_wire.client.stream import ResponseStream

__all__ = ["EventSource", "EventStreamError"]

# Seconds before a reconnection, until the server says otherwise; browsers take 3 to 5.
RETRY = 3.0

# Seconds at least, also for a server that says less, and at most, however often it fails.
MIN_RETRY = 0.05
MAX_RETRY = 60.0

# Octets of an identifier: as a field it must fit into a request's head.
_MAX_ID_SIZE = 4096


class EventStreamError(HTTPProtocolError):
    """The answer is no event stream, or one that cannot be gone on with."""


class EventSource:
    """The events of a URL, over as many connections as it takes.

    ::

        async with EventSource(client, url) as events:
            async for event in events:
                print(event.event, event.data)

    The iteration gives :class:`ServerSentEvent`. When the stream ends or its
    connection is lost, the source connects again, after the time that the
    server asked for by ``retry``, with the identifier of the last event in
    ``Last-Event-ID``. As long as connections bring no event, or none comes
    about, the time doubles up to ``max_retry``, and a random part of it is added
    so that clients do not come back together. The iteration ends when the
    server answers 204.

    A request that is not idempotent (RFC 9110, 9.2.2) is made once: the end of
    its stream is the end of the iteration, and its loss is raised.

    A source that is connected holds one of the client's ``max_clients``. A
    stream that has grown to the client's ``max_body_size`` ends as if the server
    had ended it. One task iterates. Leaving the block, also by cancellation,
    closes the connection.

    ``last_event_id`` is the identifier that the next connection will send, ``""``
    for none: what a later program needs to go on. ``retry`` is the time before
    a reconnection in seconds, as the server said last.
    """

    def __init__(
        self,
        client: AsyncHTTPClient,
        request: str | HTTPRequest,
        *,
        idle_timeout: float = 0.0,
        last_event_id: str = "",
        retry: float = RETRY,
        max_retry: float = MAX_RETRY,
        max_failures: int = 10,
        max_line_size: int = MAX_LINE_SIZE,
        max_event_size: int = MAX_EVENT_SIZE,
    ) -> None:
        """Prepare; nothing is sent before the block is entered.

        ``request`` keeps all its options, of which ``request_timeout`` holds for
        the head of each response only. ``idle_timeout`` is for how many seconds
        the server may send nothing, not even a comment, before the connection
        counts as lost; 0 is without limit. ``last_event_id`` goes on with a
        stream of an earlier program. ``retry`` and ``max_retry`` are the seconds
        before a reconnection, until the server says otherwise and whatever it
        says; a failed one's ``Retry-After`` is obeyed up to the latter, too.
        ``max_failures`` is how many connections in a row may fail to come
        about. ``max_line_size``, by default 1 MiB, and ``max_event_size``, by
        default 4 MiB, are in octets.
        """
        if isinstance(request, str):
            request = HTTPRequest(request)
        self.last_event_id = last_event_id
        self.retry = retry
        self._client = client
        self._request = request
        self._idle_timeout = idle_timeout
        self._max_retry = max_retry
        self._max_failures = max_failures
        self._limits = {"max_line_size": max_line_size, "max_event_size": max_event_size}
        self._repeats = is_repeatable(request)
        self._stream: ResponseStream | None = None
        self._entered = self._over = self._within = False
        self._parser: EventStreamParser | None = None
        self._events: Iterator[ServerSentEvent] = iter(())
        # Seconds that were waited in vain for the next piece, by calls that were cancelled.
        self._silence = 0.0
        # The connections since the last event, the failures since the last connection, and when,
        # by the loop's clock, the next attempt is due.
        self._fruitless = self._failures = 0
        self._pause_until = 0.0

    async def __aenter__(self) -> Self:
        """Connect, and give the source when the server has begun its stream.

        The first connection is not repeated: raises what ``fetch`` does, and
        :class:`EventStreamError` for an answer that is no event stream, and
        ``RuntimeError`` within a block that was not left.
        """
        if self._within:
            raise RuntimeError("an EventSource is left before it is entered again")
        self._within = True
        self._over = False
        self._events = iter(())
        try:
            await self._connect()
        except BaseException:
            self._within, self._over = False, True
            raise
        self._entered = True
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._within, self._over = False, True
        await self._disconnect()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ServerSentEvent:
        """Give the next event.

        A cancellation, as by ``asyncio.timeout``, loses nothing: the next call
        goes on where this one was, though with a new attempt to connect.

        Raises ``HTTPClientError`` where the server refuses to go on (another
        status than 200 that will not pass, another content type), or what the
        last of ``max_failures`` attempts failed with; :class:`EventStreamError`
        for a line or an event beyond its limit. The iteration is then over.
        """
        if not self._entered:
            raise RuntimeError("an EventSource is entered by 'async with' before it is iterated")
        try:
            while not self._over:
                event = self._next_event()
                if event is not None:
                    return event
                await self._go_on()
        except Exception:
            self._over = True
            raise
        await self._disconnect()  # also where the block was left meanwhile, by another task
        raise StopAsyncIteration

    def _next_event(self) -> ServerSentEvent | None:
        """Give the next event of what has come, if there is one."""
        try:
            event = next(self._events, None)
        except HTTPInputError as error:
            raise EventStreamError(str(error)) from error
        if event is not None:
            self._fruitless = 0
            self.last_event_id = event.id
        elif self._parser is not None:
            self.last_event_id = self._parser.last_event_id
            if self._parser.retry is not None:
                self.retry = self._parser.retry
        return event

    async def _go_on(self) -> None:
        """Do what brings the next events, or a part of it; can be cancelled and called again."""
        stream, parser = self._stream, self._parser
        if stream is None or parser is None:
            await self._reconnect()
        elif (piece := await self._next_piece(stream)) is not None:
            self._events = parser.feed(piece)
        else:
            self._over = self._over or not self._repeats
            self._failures = 0
            self._pause_until = _now() + self._delay()
            await self._disconnect()

    async def _next_piece(self, stream: ResponseStream) -> bytes | None:
        began = _now()
        try:
            async with time_limit(
                self._idle_timeout,
                "idle_timeout",
                "while waiting for an event or a comment",
                left=self._idle_timeout - self._silence,
            ):
                piece = await anext(stream, None)
        except asyncio.CancelledError:
            self._silence += _now() - began
            raise
        except (HTTPClientError, OSError):
            # An end, a loss, a silence: all are answered by another connection, where one may be.
            # Where the block was left meanwhile, the loss is what that brought about.
            if not self._repeats and not self._over:
                raise
            return None
        self._silence = 0.0
        return piece

    async def _reconnect(self) -> None:
        await asyncio.sleep(self._pause_until - _now())
        if self._over or self._stream is not None:
            return  # the block was left meanwhile, and maybe entered again
        try:
            await self._connect()
        except (HTTPClientError, OSError) as error:
            self._fruitless += 1
            self._failures += 1
            if self._failures >= self._max_failures or _is_final(error):
                raise
            delay = max(self._delay(), min(_asked_for(error), self._max_retry))
            self._pause_until = _now() + delay
        else:
            self._fruitless += 1

    def _delay(self) -> float:
        doublings = min(self._fruitless, 60)  # beyond which floats would end
        longest = min(max(self.retry, MIN_RETRY) * 2.0**doublings, self._max_retry)
        return longest * random.uniform(1, 1.25)  # noqa: S311  # to spread, not to hide

    async def _connect(self) -> None:
        stream = self._client.stream(self._prepared(), raise_error=False)
        limit = self._request.with_defaults(self._client.defaults).request_timeout
        async with time_limit(limit, "request_timeout", "while waiting for an event stream"):
            await stream.__aenter__()
        self._stream = stream
        try:
            self._judge(stream)
        except BaseException:
            await self._disconnect()
            raise
        self._parser = EventStreamParser(last_event_id=self.last_event_id, **self._limits)
        self._silence = 0.0
        if stream.code == 204:
            self._over = True
            await self._disconnect()

    def _prepared(self) -> HTTPRequest:
        request = self._request.replaced(headers=self._request.headers, request_timeout=0.0)
        request.headers.setdefault("Accept", "text/event-stream")
        request.headers.setdefault("Cache-Control", "no-store")
        if self.last_event_id:
            octets = self.last_event_id.encode()
            if len(octets) > _MAX_ID_SIZE:
                raise EventStreamError("the identifier of the last event is too long for a field")
            try:
                request.headers["Last-Event-ID"] = octets.decode("latin-1")
            except ValueError as error:
                raise EventStreamError("the identifier of the last event is no field") from error
        return request

    def _judge(self, stream: ResponseStream) -> None:
        """Raise for what is neither an event stream nor the end of all."""
        response = HTTPResponse(
            self._request, stream.code, headers=stream.headers, reason=stream.reason
        )
        response.rethrow()
        if stream.code == 204:
            return
        if stream.code != 200:
            raise HTTPClientError(stream.code, f"{stream.reason} (expected 200 or 204)", response)
        kind = stream.headers.get("Content-Type", "").partition(";")[0].strip(" \t").lower()
        if kind != "text/event-stream":
            shown = ascii(kind[:60])
            raise EventStreamError(f"content type {shown}, expected 'text/event-stream'")

    async def _disconnect(self) -> None:
        stream, self._stream = self._stream, None
        self._parser = None
        if stream is not None:
            await stream.__aexit__()


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
