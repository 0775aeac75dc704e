"""Connections whose methods take ``callback=`` and heads written out, as those of Tornado 4.x."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.interface import api as http_wire
from etesian.tornado.callback_streams import tell
from etesian.tornado.stack_context import wrap

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["CallbackConnection", "CallbackWriting"]

_HEAD_END = b"\r\n\r\n"


class CallbackWriting:
    """Writing methods over a connection's own, which are the next in the order of bases.

    With a callback they return ``None``, and it is called without arguments when the
    bytes have drained; a connection that closes first calls it never. A program may
    leave :meth:`write_headers` out and begin with a head as it is to be on the wire:
    that is taken apart, checked, and sent like any other.
    """

    # Octets of a written-out head until it is whole; None once there was a head.
    _raw_head: bytes | None = b""

    def write_headers(
        self,
        start_line: Any,
        headers: Any,
        chunk: bytes | None = None,
        callback: Callable[[], object] | None = None,
    ) -> Any:
        """Send the head, and ``chunk`` with it."""
        self._raw_head = None
        return _told(super().write_headers(start_line, headers, chunk), callback)  # type: ignore[misc]

    def write(self, chunk: bytes | str, callback: Callable[[], object] | None = None) -> Any:
        """Send a piece of the body, or of a head that was not given to ``write_headers``.

        Raises ``HTTPInputError`` where that is no head.
        """
        data = chunk.encode() if isinstance(chunk, str) else chunk
        if self._raw_head is not None:
            return _told(self._write_raw_head(data), callback)
        return _told(super().write(data), callback)  # type: ignore[misc]

    def finish(self) -> None:
        """End the message.

        Raises ``HTTPInputError`` where its head has been written in part.
        """
        if self._raw_head:
            raise HTTPInputError("the head of the message has no empty line at its end")
        self._raw_head = b""  # of the next message
        super().finish()  # type: ignore[misc]

    def _write_raw_head(self, data: bytes) -> Awaitable[None] | None:
        head, end, body = ((self._raw_head or b"") + data).partition(_HEAD_END)
        self._raw_head = head
        if not end:
            return None
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = http_wire.HTTPHeaders()
        for field in fields:
            headers.parse_line(field)
        written: Awaitable[None] = self.write_headers(self._start_line(line), headers, body)
        return written

    def _start_line(self, line: str) -> Any:
        return http_wire.parse_response_start_line(line)


class _Forwarding:
    """Another connection under one's own name, with all that it has."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def write_headers(self, start_line: Any, headers: Any, chunk: bytes | None) -> Any:
        return self._connection.write_headers(start_line, headers, chunk)

    def write(self, chunk: bytes) -> Any:
        return self._connection.write(chunk)

    def finish(self) -> None:
        self._connection.finish()


class CallbackConnection(CallbackWriting, _Forwarding):
    """What a server's connection is to a function of one whole request."""

    _close_callback: Callable[[], object] | None = None

    def set_close_callback(self, callback: Callable[[], object] | None) -> None:
        """Call ``callback`` when the client leaves before the response has ended."""
        self._close_callback = wrap(callback)

    def finish(self) -> None:
        """End the response; from here on the close callback is of no concern."""
        self._close_callback = None
        super().finish()

    def closed(self) -> None:
        """Take the news that the client left."""
        callback, self._close_callback = self._close_callback, None
        if callback is not None:
            callback()


async def _drained(written: Awaitable[None] | None) -> None:
    if written is not None:
        await written


def _told(written: Awaitable[None] | None, callback: Callable[[], object] | None) -> Any:
    """Give what was given, or nothing where a callback is told when it has ended."""
    if callback is None:
        return written
    return tell(asyncio.ensure_future(_drained(written)), lambda _: callback())
