"""What becomes of a response's octets: decoded, bounded, kept or handed on."""

from __future__ import annotations

from asyncio import Future, ensure_future
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.content_coding import decoder_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from etesian.http_wire.client.options import HeaderCallback, StreamingCallback
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import ResponseStartLine
    from etesian.http_wire.wire.content_coding import ContentDecoder
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["Collector", "forget_outcome"]


class Collector:
    """Takes the body of the response that is the outcome of a fetch.

    With a ``streaming_callback`` the pieces go there, else they are kept for
    :meth:`body`. The size after decompression is bounded by
    ``policy.max_body_size``, and never more than one piece of
    ``policy.chunk_size`` is decoded ahead.
    """

    _decoded_size = 0
    _delivering: Future[Any] | None = None
    _decoder: ContentDecoder | None = None
    _begun = False
    _abandoned = False

    def __init__(self, request: HTTPRequest, headers: HTTPHeaders, policy: WirePolicy) -> None:
        """Take the body behind this head."""
        self._pieces: list[bytes] = []
        self._callback = request.streaming_callback
        self._policy = policy
        if request.decompress_response and "Content-Encoding" in headers:
            self._decoder = decoder_for(headers["Content-Encoding"], policy)

    def announce(
        self, callback: HeaderCallback, start_line: ResponseStartLine, headers: HTTPHeaders
    ) -> None:
        """Tell a ``header_callback`` of the head, line by line; raises what that raises."""
        first = f"{start_line.version} {start_line.code} {start_line.reason}\r\n"
        fields = [f"{name}: {value}\r\n" for name, value in headers.get_all()]
        for line in (first, *fields, "\r\n"):
            if self._abandoned:
                break
            callback(line)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take a piece; the awaitable is the callback's.

        Raises ``HTTPInputError`` for what does not decode or grows too large,
        and what the callback raises.
        """
        if self._decoder is not None:
            self._begun = True
            return self._deliver(self._decoded(self._decoder, chunk))
        if self._callback is not None:
            return self._deliver(iter((chunk,)))
        self._pieces.append(chunk)
        return None

    def body(self) -> bytes:
        """Give what was kept, at the end of the response.

        Raises ``HTTPInputError`` where the compressed data end too early.
        """
        # The answer to a HEAD, and a 304, name the coding of a body that they do not have.
        if self._decoder is not None and self._begun:
            self._decoder.end()
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def abandon(self) -> None:
        """Cancel what the callback is busy with, and call it no more."""
        self._abandoned = True
        if self._delivering is not None:
            self._delivering.cancel()
            # An error that it meets meanwhile is of no interest, and nobody else may ask for it.
            self._delivering.add_done_callback(forget_outcome)

    def _decoded(self, decoder: ContentDecoder, chunk: bytes) -> Iterator[bytes]:
        """Give the decoded pieces one by one: a bomb is met by the first piece too many."""
        size = self._policy.chunk_size
        more = True
        while more:
            piece = decoder.decode(chunk, size)
            chunk = b""
            self._decoded_size += len(piece)
            if self._decoded_size > self._policy.max_body_size:
                raise HTTPInputError(
                    f"decoded body of {self._decoded_size} octets or more, expected no more than "
                    f"{self._policy.max_body_size}"
                )
            if piece:
                yield piece
            # A full piece may hide more inside the decoder, with no input left to show it.
            more = decoder.pending or len(piece) == size

    def _deliver(self, pieces: Iterator[bytes]) -> Awaitable[None] | None:
        if self._callback is None:
            self._pieces.extend(pieces)
            return None
        delivering = self._call(self._callback, pieces)
        if delivering is None:
            return None
        if self._abandoned:
            self.abandon()  # again: the callback did so before there was this to be cancelled
            return None
        return self._deliver_after(delivering, self._callback, pieces)

    def _call(self, callback: StreamingCallback, pieces: Iterator[bytes]) -> Future[Any] | None:
        """Hand the pieces on, up to the first that the callback has to wait for."""
        for piece in pieces:
            if self._abandoned:
                break
            result = callback(piece)
            if isawaitable(result):
                # Started here and now: what is dropped before its start would leave the
                # callback's coroutine behind unawaited.
                self._delivering = ensure_future(result)
                return self._delivering
        return None

    async def _deliver_after(
        self, delivering: Future[Any] | None, callback: StreamingCallback, rest: Iterator[bytes]
    ) -> None:
        # A loop: a piece of compressed data may hide thousands of pieces to be waited for.
        while delivering is not None:
            await delivering
            delivering = self._call(callback, rest)


def forget_outcome(future: Future[Any]) -> None:
    """Keep asyncio from logging how something ended that nobody waits for any more."""
    if not future.cancelled():
        future.exception()
