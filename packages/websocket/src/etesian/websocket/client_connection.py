"""The client's side: messages are read, or handed to a callback."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from etesian.websocket.interface import WebSocketClosedError
from etesian.websocket.outgoing import as_control_data, as_message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from etesian.websocket.connection import WebSocketConnection
    from etesian.websocket.outgoing import Sendable

__all__ = ["WebSocketClientConnection"]

_log = logging.getLogger("etesian.application")

# Messages that wait to be read before the server is made to wait: one that the application
# works on, and one that is ready when it comes back.
_MAX_WAITING: Final = 2


class WebSocketClientConnection:
    """An open WebSocket, as :func:`websocket_connect` gives it.

    Messages come from :meth:`read_message` or ``async for``; or, where
    ``on_message_callback`` was given, each goes to that and ``None`` at the
    end. All methods belong to the thread of the event loop.
    """

    selected_subprotocol: str | None = None
    """What the server chose of the offered subprotocols."""

    def __init__(
        self, on_message_callback: Callable[[str | bytes | None], object] | None = None
    ) -> None:
        self._callback = on_message_callback
        self._connection: WebSocketConnection | None = None
        self._waiting: deque[str | bytes] = deque()
        self._reader: asyncio.Future[str | bytes | None] | None = None
        self._is_closed = False

    def attach(self, connection: WebSocketConnection, subprotocol: str | None) -> None:
        """Take the connection that the handshake opened."""
        self._connection = connection
        self.selected_subprotocol = subprotocol

    @property
    def close_code(self) -> int | None:
        """The code of the server's Close; ``None`` before it, and where it had none."""
        return None if self._connection is None else self._connection.close_code

    @property
    def close_reason(self) -> str | None:
        """The reason of the server's Close; ``None`` before it, and where it had none."""
        return None if self._connection is None else self._connection.close_reason

    async def read_message(self) -> str | bytes | None:
        """Give the next message, or ``None`` once the connection is closed.

        Messages that came before an orderly end are all given first. One reader at a
        time (``AssertionError``); cancelling it loses no message. With an
        ``on_message_callback`` no message ever comes here, only the ``None``.
        """
        if self._reader is not None:
            raise AssertionError("read_message() is already being awaited")
        if not self._waiting:
            if self._is_closed:
                return None
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if not self._waiting:
            return None
        message = self._waiting.popleft()
        if self._connection is not None and len(self._waiting) < _MAX_WAITING:
            self._connection.resume_reading()
        return message

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Give the messages, until the connection is closed."""
        while (message := await self.read_message()) is not None:
            yield message

    def write_message(self, message: Sendable, binary: bool = False) -> asyncio.Future[None]:
        """Send a message; awaiting the result waits until the server took it.

        Text unless ``binary``; a dict is sent as JSON. Raises
        :class:`WebSocketClosedError` where the connection is closed, or was
        dropped because the server reads nothing.
        """
        return self._require_connection().write_message(as_message(message, binary=binary))

    def ping(self, data: str | bytes = b"") -> asyncio.Future[None]:
        """Send a Ping of at most 125 bytes; errors as of :meth:`write_message`."""
        return self._require_connection().ping(as_control_data(data))

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Start the closing handshake; where the connection is gone, do nothing.

        Messages that still arrive are dropped. Raises ``ValueError`` for a code
        or reason that may not be sent (RFC 6455, 7.4).
        """
        if self._connection is not None:
            # A Close cannot be read while messages wait to be; after this nobody wants them.
            self._connection.close(code, reason)
            self._connection.resume_reading()

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Take a message from the connection."""
        if self._callback is not None:
            result = self._callback(message)
            return result if isinstance(result, Awaitable) else None
        self._waiting.append(message)
        if self._connection is not None and len(self._waiting) >= _MAX_WAITING:
            self._connection.pause_reading()
        self._wake_reader()
        return None

    def on_ping(self, data: bytes) -> None:
        """Take a Ping, which is already answered. Override it."""

    def on_pong(self, data: bytes) -> None:
        """Take the answer to a :meth:`ping`. Override it."""

    def on_connection_close(self) -> None:
        """Take the end from the connection."""
        self._is_closed = True
        self._wake_reader()
        if self._callback is not None:
            self._callback(None)

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log what a callback raised."""
        _log.error(
            "Uncaught exception in a WebSocket callback",
            exc_info=None if typ is None or value is None else (typ, value, tb),
        )

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _require_connection(self) -> WebSocketConnection:
        if self._connection is None or self._is_closed:
            raise WebSocketClosedError("the WebSocket is closed")
        return self._connection
