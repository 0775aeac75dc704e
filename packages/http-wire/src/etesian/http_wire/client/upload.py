"""A request body that is produced while it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.http_wire.interface import HTTPOutputError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from etesian.http_wire.client.connection import ClientConnection
    from etesian.http_wire.client.options import BodyProducer

__all__ = ["produce_body"]


async def produce_body(
    connection: ClientConnection, producer: BodyProducer, length: int | None
) -> None:
    """Send what ``producer`` writes: chunked, or exactly ``length`` octets.

    Raises what the producer raises, and :class:`HTTPOutputError` where it wrote
    more or less than ``length``; the connection is then of no further use.
    """
    body = _Body(connection, length)
    produced = producer(body.write)
    if produced is not None:
        await produced
    body.end()


class _Body:
    """Frames the pieces of one body."""

    def __init__(self, connection: ClientConnection, length: int | None) -> None:
        self._connection = connection
        self._remaining = length
        self._ended = False

    def write(self, chunk: bytes) -> Awaitable[None]:
        """Send a piece; the awaitable ends when there is room for the next.

        Raises :class:`HTTPOutputError` for one that comes after the end: the
        connection may be another request's by then, which it would be part of.
        """
        if self._ended:
            raise HTTPOutputError("the body has ended, as its producer has")
        if type(chunk) is not bytes:
            # The length of a view counts its items, and what an array holds may change.
            chunk = bytes(memoryview(chunk))
        if self._remaining is None:
            # An empty chunk would end the body (RFC 9112, 7.1).
            framed = b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b""
            return self._connection.write(framed)
        if len(chunk) > self._remaining:
            raise HTTPOutputError("the body is longer than the Content-Length announced")
        self._remaining -= len(chunk)
        return self._connection.write(chunk)

    def end(self) -> None:
        """End the body."""
        self._ended = True
        if self._remaining is None:
            self._connection.write(b"0\r\n\r\n")
        elif self._remaining:
            raise HTTPOutputError(
                f"the body is {self._remaining} bytes shorter than the Content-Length announced"
            )
        self._connection.request_ended()
