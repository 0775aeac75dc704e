"""A form to send, with files, as ``multipart/form-data`` (RFC 7578)."""

from __future__ import annotations

import asyncio
import mimetypes
import os
import re
import secrets
import stat
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from etesian.http_wire.headers import HTTPHeaders

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from io import BufferedReader

__all__ = ["MultipartForm"]

Content: TypeAlias = "bytes | str | Path | BinaryIO | AsyncIterable[bytes]"

# Octets read from a file at once: as much as a transport takes before it asks for a pause.
_PIECE_SIZE = 64 * 1024

_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class _Part:
    head: bytes
    content: bytes | Path | BinaryIO | AsyncIterable[bytes]
    size: int | None
    """Octets; ``None`` where nobody knows before they were read."""
    start: int = 0
    """Where a file object stood when it was added."""


class MultipartForm:
    """Fields and files, in the order in which they were added.

    ::

        form = MultipartForm()
        form.add_field("title", "On the beach")
        form.add_file("photo", Path("beach.jpg"))
        await client.fetch(url, method="POST", headers=form.headers, body_producer=form.produce)

    Files are read in a thread, while they are sent, and never held as a whole.
    A form may be sent again, also at the same time, unless it holds a file
    object (not at the same time) or an iterable or the path of a pipe (once).
    """

    def __init__(self) -> None:
        self._boundary = secrets.token_hex(16)  # 128 random bits: no content holds them
        self._parts: list[_Part] = []

    @property
    def content_type(self) -> str:
        """The ``Content-Type`` field of the request."""
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def size(self) -> int | None:
        """Octets of the body, or ``None`` where a part's are not known."""
        total = len(self._end)
        for part in self._parts:
            if part.size is None:
                return None
            total += len(part.head) + part.size + 2
        return total

    @property
    def headers(self) -> HTTPHeaders:
        """The fields that a request needs: its type, and its length where that is known.

        Without the length the body goes out in chunks.
        """
        headers = HTTPHeaders({"Content-Type": self.content_type})
        if self.size is not None:
            headers["Content-Length"] = str(self.size)
        return headers

    def add_field(self, name: str, value: str | bytes, *, content_type: str | None = None) -> None:
        """Add a field; text is sent as UTF-8.

        Raises ``ValueError`` for a name with CR, LF or another control character,
        and for a type that is not printable ASCII: they could end the line that
        they stand in, or servers refuse them.
        """
        self._add(name, None, content_type, value)

    def add_file(
        self,
        name: str,
        content: Content,
        *,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> None:
        """Add a file for the field ``name``.

        ``content`` is the data itself, the path of a file, a binary file object
        (sent from where it stands), or an asynchronous iterable of bytes.
        ``filename`` is by default the last part of the path, and needed where
        there is none; the type is guessed from it.

        Raises ``ValueError`` as :meth:`add_field`, and for a missing file name;
        ``OSError`` for a path that leads to no file.
        """
        if filename is None and isinstance(content, Path):
            filename = content.name
        if filename is None:
            raise ValueError("a file that is no path needs a filename")
        guessed = content_type or mimetypes.guess_type(filename)[0] or "application/octet-stream"
        self._add(name, filename, guessed, content)

    async def produce(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Write the body: what ``body_producer`` of a request takes.

        Raises what reading the files raises. Cancellation closes them.
        """
        for part in self._parts:
            await write(part.head)
            async for piece in _pieces(part):
                await write(piece)
            await write(b"\r\n")
        await write(self._end)

    async def read(self) -> bytes:
        """Give the whole body, for a client without ``body_producer``."""
        pieces: list[bytes] = []

        async def keep(piece: bytes) -> None:
            pieces.append(piece)

        await self.produce(keep)
        return b"".join(pieces)

    @property
    def _end(self) -> bytes:
        return f"--{self._boundary}--\r\n".encode()

    def _add(
        self, name: str, filename: str | None, content_type: str | None, content: Content
    ) -> None:
        disposition = f'form-data; name="{_quoted(name)}"'
        if filename is not None:
            disposition += f'; filename="{_quoted(filename)}"'
        lines = [f"--{self._boundary}", f"Content-Disposition: {disposition}"]
        if content_type is not None:
            if not content_type.isascii() or not content_type.isprintable():
                raise ValueError("the content type of a part holds what is no printable ASCII")
            lines.append(f"Content-Type: {content_type}")
        head = "\r\n".join([*lines, "", ""]).encode()
        data = content.encode() if isinstance(content, str) else content
        self._parts.append(_Part(head, data, *_extent(data)))


def _quoted(text: str) -> str:
    """Write a name as browsers do; UTF-8 stands as it is (RFC 7578, 5.1)."""
    # Browsers escape line ends as well; a program that sends them in a name was told to.
    if _UNSENDABLE.search(text):
        raise ValueError("a name of a form holds CR, LF or another control character")
    # A backslash alone would escape the quote behind it for whoever reads by RFC 9110, 5.6.4.
    return text.replace("\\", "\\\\").replace('"', "%22")


def _extent(content: bytes | Path | BinaryIO | AsyncIterable[bytes]) -> tuple[int | None, int]:
    """Give size and start."""
    if isinstance(content, (bytes, bytearray, memoryview)):
        return memoryview(content).nbytes, 0
    if isinstance(content, Path):
        mode = content.stat().st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            return None, 0  # and may be opened once only
        with content.open("rb") as file:
            return os.fstat(file.fileno()).st_size, 0
    if isinstance(content, AsyncIterable):
        return None, 0
    if not content.seekable():
        return None, 0
    start = content.tell()
    size = content.seek(0, os.SEEK_END) - start
    content.seek(start)
    return size, start


async def _pieces(part: _Part) -> AsyncIterator[bytes]:
    content = part.content
    if isinstance(content, (bytes, bytearray, memoryview)):
        yield bytes(content)
    elif isinstance(content, AsyncIterable):
        async for piece in content:
            yield piece
    elif isinstance(content, Path):
        file = await _opened(content)
        try:
            async for piece in _read(file):
                yield piece
        except BaseException:
            # A thread may be reading still, for which closing waits: with a pipe, for who knows.
            asyncio.get_running_loop().run_in_executor(None, file.close)
            raise
        file.close()
    else:
        if content.seekable():
            content.seek(part.start)
        async for piece in _read(content):
            yield piece


async def _opened(path: Path) -> BinaryIO:
    """Open a file in a thread; one that opens after we were cancelled is closed."""
    opening = asyncio.get_running_loop().run_in_executor(None, path.open, "rb")
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_opened)
        raise


def _close_opened(opening: asyncio.Future[BufferedReader]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


async def _read(file: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, _PIECE_SIZE):
        yield piece
