"""The body of a static response: from memory, by the kernel, or in pieces."""

# ruff: noqa: SLF001 - this is the part of the handler that sends.

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.web.interface import HTTPError
from etesian.web.static_files.byte_range import ByteRange
from etesian.web.static_files.content_cache import MAX_CACHED_SIZE
from etesian.web.static_files.opened_file import FileChangedError, open_regular, read_pieces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Iterator

    from etesian.web.static_files.handler import StaticFileHandler

__all__ = ["send_body"]


def send_body(
    handler: StaticFileHandler, pieces: Iterable[bytes | ByteRange | None], size: int
) -> Awaitable[None] | None:
    """Write a body in order: octets as they are, ranges of the content, ``None`` for all of it.

    The content has ``size`` octets. What lies in memory is written in this call.
    Raises :class:`HTTPError` 503 for a file that changed meanwhile; one that
    shrinks while it is sent cuts the connection.
    """
    if not handler._reads_plain_files():
        return _send_overridden(handler, pieces)
    if size > MAX_CACHED_SIZE:
        return _send_file(handler, pieces, size)
    try:
        content = handler._contents.get(handler.absolute_path, handler._stamp())
    except FileChangedError as error:
        raise HTTPError(503, "%s", error) from None
    if len(content) != size:
        raise HTTPError(503, "%s has another length than was said", handler.path)
    for piece in pieces:
        if isinstance(piece, ByteRange):
            handler.write(content[piece.start : piece.end])
        else:
            handler.write(content if piece is None else piece)
    return None


async def _send_file(
    handler: StaticFileHandler, pieces: Iterable[bytes | ByteRange | None], size: int
) -> None:
    """Send parts of a file, by the kernel where nothing is to be done to them."""
    try:
        file = open_regular(handler.absolute_path, handler._stamp())
    except FileChangedError as error:
        raise HTTPError(503, "%s", error) from None
    with file:
        await handler.flush()
        connection = handler.request.connection
        send = None if handler._changes_output() else getattr(connection, "send_file", None)
        for piece in pieces:
            if isinstance(piece, bytes):
                handler.write(piece)
                await handler.flush()
                continue
            start, end = piece or (0, size)
            if send is not None:
                await send(file, start, end - start)
            else:
                await _send_pieces(handler, read_pieces(file, start, end))


def _send_overridden(
    handler: StaticFileHandler, pieces: Iterable[bytes | ByteRange | None]
) -> Awaitable[None] | None:
    """Send what the handler's own ``get_content`` gives; in this call where that is octets."""
    for piece in pieces:
        if isinstance(piece, bytes):
            handler.write(piece)
            continue
        content = handler.get_content(handler.absolute_path, *(piece or (None, None)))
        if not isinstance(content, bytes):
            return _send_overridden_later(handler, content, pieces)
        handler.write(content)
    return None


async def _send_overridden_later(
    handler: StaticFileHandler,
    content: Iterator[bytes],
    pieces: Iterable[bytes | ByteRange | None],
) -> None:
    """Send a content that comes in pieces, and then what is left of the body."""
    await _send_pieces(handler, content)
    waiting = _send_overridden(handler, pieces)
    if waiting is not None:
        await waiting


async def _send_pieces(handler: StaticFileHandler, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        handler.write(piece)
        await handler.flush()
