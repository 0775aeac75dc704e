"""Server-sent events from a client: one stream that outlives its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from etesian.http_wire.client.event_session import EventOptions, EventPosition, EventSession
from etesian.http_wire.client.event_stream import MAX_EVENT_SIZE, MAX_LINE_SIZE, ServerSentEvent
from etesian.http_wire.client.outgoing import check_seconds
from etesian.http_wire.client.request import HTTPRequest

if TYPE_CHECKING:
    from etesian.http_wire.client.client import AsyncHTTPClient

__all__ = ["EventSource"]

# Seconds before a reconnection, until the server says otherwise; browsers take 3 to 5.
RETRY = 3.0

# Seconds at most, however often it fails.
MAX_RETRY = 60.0


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

        Raises ``ValueError`` for seconds less than 0, ``TypeError`` for what is
        no number.
        """
        check_seconds("idle_timeout", idle_timeout)
        check_seconds("retry", retry)
        check_seconds("max_retry", max_retry)
        if isinstance(request, str):
            request = HTTPRequest(request)
        self._options = EventOptions(
            client=client,
            request=request,
            idle_timeout=idle_timeout,
            max_retry=max_retry,
            max_failures=max_failures,
            max_line_size=max_line_size,
            max_event_size=max_event_size,
        )
        self._position = EventPosition(last_event_id, retry)
        self._session: EventSession | None = None

    @property
    def last_event_id(self) -> str:
        """The identifier that the next connection will send, ``""`` for none.

        It is what a later program needs to go on.
        """
        return self._position.last_event_id

    @property
    def retry(self) -> float:
        """The time before a reconnection in seconds, as the server said last."""
        return self._position.retry

    async def __aenter__(self) -> Self:
        """Connect, and give the source when the server has begun its stream.

        The first connection is not repeated: raises what ``fetch`` does, and
        :class:`EventStreamError` for an answer that is no event stream, and
        ``RuntimeError`` within a block that was not left.
        """
        if self._session is not None and not self._session.is_left:
            raise RuntimeError("an EventSource is left before it is entered again")
        session = self._session = EventSession(self._options, self._position)
        try:
            await session.begin()
        except BaseException:
            await session.leave()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._session is not None:
            await self._session.leave()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ServerSentEvent:
        """Give the next event.

        A cancellation, as by ``asyncio.timeout``, loses nothing: the next call
        goes on where this one was. An attempt to connect goes on meanwhile,
        until the block is left, and a silence lasts on between the calls.

        Raises ``HTTPClientError`` where the server refuses to go on (another
        status than 200 that will not pass, another content type), or what the
        last of ``max_failures`` attempts failed with; :class:`EventStreamError`
        for a line or an event beyond its limit. The iteration is then over, as
        it is for calls that wait while another task leaves the block.
        ``RuntimeError`` is for a call while another one waits, and before the
        block was ever entered; it ends nothing.
        """
        if self._session is None:
            raise RuntimeError("an EventSource is entered by 'async with' before it is iterated")
        event = await self._session.next_event()
        if event is None:
            raise StopAsyncIteration
        return event
