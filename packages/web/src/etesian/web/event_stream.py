"""Server-sent events (WHATWG HTML, 9.2): a response that goes on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from etesian.web.escape import json_encode

if TYPE_CHECKING:
    from types import TracebackType

    from etesian.web.handler import RequestHandler

__all__ = ["EventStream"]

# Seconds. Common proxies and home routers forget a silent connection after a minute.
DEFAULT_HEARTBEAT = 25.0
# Characters of Last-Event-ID that are believed; ours are short.
_MAX_ID_LENGTH = 1024


class EventStream:
    """Sends events to a browser's ``EventSource`` until the block is left.

    ::

        async def get(self):
            async with EventStream(self) as events:
                async for change in changes(after=events.last_event_id):
                    await events.send({"price": change.price}, id=change.id)

    While nothing is sent, a comment every ``heartbeat`` seconds keeps the connection
    alive (``None`` for none). ``retry`` is how many seconds a browser waits before
    it connects again. When the client leaves, the handler is cancelled. When the
    server begins to shut down, the block is left by itself, whatever it waits for,
    and the response ends in order: the browser connects again, to whom it finds
    then, and says which event it had last. Only one task may send at a time.
    """

    def __init__(
        self,
        handler: RequestHandler,
        *,
        retry: float | None = None,
        heartbeat: float | None = DEFAULT_HEARTBEAT,
    ) -> None:
        self._handler = handler
        self._retry = retry
        self._heartbeat = heartbeat
        self._beating: asyncio.Task[None] | None = None
        self._sent_since_beat = False
        self._task: asyncio.Task[object] | None = None
        self._cancels_before = 0
        self._is_drained = False
        given = handler.request.headers.get("Last-Event-Id", "")[:_MAX_ID_LENGTH]
        # A browser sends UTF-8, as it got it (WHATWG HTML, 9.2.3); headers are read as latin-1.
        self.last_event_id = given.encode("latin-1", "replace").decode(errors="replace")
        """The id of the last event that the browser got before it lost the connection."""

    async def __aenter__(self) -> Self:
        handler = self._handler
        handler.set_header("Content-Type", "text/event-stream; charset=UTF-8")
        handler.set_header("Cache-Control", "no-store")
        # nginx would else collect the events before it passes them on.
        handler.set_header("X-Accel-Buffering", "no")
        if self._retry is not None:
            handler.write(f"retry: {int(self._retry * 1000)}\n\n")
        await handler.flush()
        if self._heartbeat is not None:
            self._beating = asyncio.create_task(self._beat(self._heartbeat))
        self._task = asyncio.current_task()
        self._cancels_before = self._task.cancelling() if self._task is not None else 0
        call_on_drain = getattr(handler.request.connection, "call_on_drain", None)
        if call_on_drain is not None:
            call_on_drain(self._drain)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        task, self._task = self._task, None
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait([self._beating])
            if not self._beating.cancelled():
                self._beating.exception()  # the client has left, as the handler knows
        if not self._is_drained or task is None:
            return False
        # The cancel was ours, so we take it back; one of somebody else goes on.
        return task.uncancel() <= self._cancels_before and kind is asyncio.CancelledError

    async def send(
        self,
        data: object,
        *,
        event: str | None = None,
        id: str | int | None = None,  # noqa: A002 - the field's name
    ) -> None:
        """Send an event and wait until the client took it.

        ``data`` is text, or anything that JSON has a form of. Raises ``ValueError``
        for a line end or NUL in ``event`` or ``id``: they are single lines.
        """
        lines = [
            _field(name, str(value))
            for name, value in (("event", event), ("id", id))
            if value is not None
        ]
        text = data if isinstance(data, str) else json_encode(data)
        # A browser ends a line at CR, LF and CRLF, and puts LF between the lines it got.
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines += [f"data: {line}\n" for line in text.split("\n")]
        self._handler.write("".join(lines) + "\n")
        self._sent_since_beat = True
        await self._handler.flush()

    def _drain(self) -> None:
        """Leave the block: the server begins to shut down."""
        if self._task is not None and not self._is_drained:
            self._is_drained = True
            self._task.cancel()

    async def _beat(self, seconds: float) -> None:
        while True:
            self._sent_since_beat = False
            await asyncio.sleep(seconds)
            if not self._sent_since_beat:
                self._handler.write(":\n\n")
                await self._handler.flush()


def _field(name: str, value: str) -> str:
    if any(character in value for character in "\r\n\0"):
        raise ValueError(f"a line end in the {name} of an event: {value[:80]!r}")
    return f"{name}: {value}\n"
