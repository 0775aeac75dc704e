"""A response whose body is read while it arrives."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from etesian.http_wire.client.errors import HTTPStreamClosedError
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.wire.head import parse_response_head
from etesian.http_wire.wire.policy import STRICT

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.headers import HTTPHeaders

__all__ = ["ResponseStream"]


class ResponseStream:
    """The head of a response, and its body as an asynchronous iterator of pieces.

    ::

        async with client.stream(url) as response:
            print(response.code, response.headers.get("Content-Length"))
            async for piece in response:
                print(len(piece))

    Nothing is read ahead of the iteration but one piece, so a slow reader slows
    the server down. Leaving the block early, also by an exception or
    cancellation, abandons the fetch and closes its connection. One task
    iterates, and once. :meth:`AsyncHTTPClient.stream` makes it.

    ``code``, ``reason`` and ``headers`` are those of the response after
    redirects, from the entry of the block on.
    """

    code: int
    reason: str
    headers: HTTPHeaders

    def __init__(
        self,
        fetch: Callable[[HTTPRequest], asyncio.Future[HTTPResponse]],
        request: HTTPRequest,
        *,
        raise_error: bool,
    ) -> None:
        self._start = fetch
        self._raise_error = raise_error
        self._request = request.replaced(
            streaming_callback=self._take, header_callback=self._take_line
        )
        self._lines: list[str] = []
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = asyncio.Event()
        self._head: asyncio.Future[None] | None = None
        self._fetch: asyncio.Future[HTTPResponse] | None = None

    async def __aenter__(self) -> Self:
        """Give the response when its head is there; raises as ``fetch`` does.

        Raises ``RuntimeError`` where the stream was entered before.
        """
        if self._head is not None:
            raise RuntimeError("a ResponseStream is entered once")
        self._head = asyncio.get_running_loop().create_future()
        self._fetch = self._start(self._request)
        self._fetch.add_done_callback(self._ended)
        try:
            await self._head
            if self._raise_error:
                HTTPResponse(
                    self._request, self.code, headers=self.headers, reason=self.reason
                ).rethrow()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._fetch is not None and not self._fetch.done():
            self._fetch.cancel()
            await asyncio.wait([self._fetch])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Give the next piece, decoded from chunks and compression.

        Raises what ended the fetch, where that was not the end of the body,
        ``HTTPStreamClosedError`` where the block was left before, and
        ``RuntimeError`` for a stream that was not entered.
        """
        if self._fetch is None:
            raise RuntimeError("a ResponseStream is entered by 'async with' before it is iterated")
        piece = await self._pieces.get()
        self._room.set()
        if piece is not None:
            return piece
        self._pieces.put_nowait(None)
        if self._fetch.cancelled():  # by us, and that is no cancellation of whoever iterates
            raise HTTPStreamClosedError("the stream was left within the response body")
        self._fetch.result()
        raise StopAsyncIteration

    async def _take(self, piece: bytes) -> None:
        self._room.clear()
        self._pieces.put_nowait(piece)
        await self._room.wait()

    def _take_line(self, line: str) -> None:
        self._lines.append(line)
        if line != "\r\n" or self._head is None or self._head.done():
            return
        head = "".join(self._lines[:-1]).removesuffix("\r\n").encode("latin-1")
        # It was read once already, within the client's own limits.
        generous = replace(
            STRICT,
            max_request_line_size=len(head),
            max_header_size=len(head),
            max_header_count=len(self._lines),
        )
        start_line, self.headers = parse_response_head(head, generous)
        self.code, self.reason = start_line.code, start_line.reason
        self._head.set_result(None)

    def _ended(self, fetch: asyncio.Future[HTTPResponse]) -> None:
        self._pieces.put_nowait(None)
        error = None if fetch.cancelled() else fetch.exception()
        if self._head is None or self._head.done():
            return
        if fetch.cancelled():
            self._head.cancel()
        else:
            self._head.set_exception(error or HTTPStreamClosedError("the response had no head"))
