"""Several ranges in one response: ``multipart/byteranges`` (RFC 9110, 14.6)."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etesian.web.static_files.byte_range import ByteRange

__all__ = ["MultipartRanges"]


class MultipartRanges:
    """A body of several parts of a content of ``size`` octets and some media type."""

    def __init__(self, ranges: Sequence[ByteRange], size: int, media_type: str) -> None:
        # Nobody knows it before, so that no content can hold it.
        boundary = token_hex(16)
        self.content_type = f"multipart/byteranges; boundary={boundary}"
        self._ranges = ranges
        type_line = f"Content-Type: {media_type}\r\n" if media_type else ""
        self._heads = [
            (
                f"\r\n--{boundary}\r\n{type_line}"
                f"Content-Range: bytes {start}-{end - 1}/{size}\r\n\r\n"
            ).encode()
            for start, end in ranges
        ]
        self._end = f"\r\n--{boundary}--\r\n".encode()

    @property
    def length(self) -> int:
        """How many octets the whole body has."""
        contents = sum(end - start for start, end in self._ranges)
        return contents + sum(map(len, self._heads)) + len(self._end)

    def pieces(self) -> Iterator[bytes | ByteRange]:
        """Give the body in order: octets as they are, and ranges of the content."""
        for head, byte_range in zip(self._heads, self._ranges, strict=True):
            yield head
            yield byte_range
        yield self._end
