"""Bytes that arrived and nobody has read yet.

A chunk that comes while the buffer is empty is kept as it is, and a read that
wants exactly that chunk gets the same object: the usual request and answer are
never copied. Only when a second chunk joins the first are both put into a
bytearray. Reading moves an offset; the bytes before it are dropped by policy
(see :meth:`ReadBuffer.append`), so that no byte is moved more than a constant
number of times, however small the chunks and the reads are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

# Bytes. Up to this much already-read data may stay in front of the unread bytes: below it
# dropping them costs a memmove and saves nothing worth having.
_COMPACT_ABOVE = 64 * 1024


class ReadBuffer:
    """A first-in first-out queue of bytes that can be searched.

    Positions are counted from the first unread byte. ``size`` is how many
    bytes are unread: an attribute, because it is asked for at every turn.
    ``data`` and ``start``, where the unread bytes begin in it, are there for
    the fast path of ``read_until`` and for nobody else.
    """

    __slots__ = ("data", "size", "start")

    def __init__(self) -> None:
        self.data: bytes | bytearray = b""
        self.start = 0
        self.size = 0

    def append(self, chunk: bytes) -> None:
        """Add ``chunk`` behind what is there, taking the object over.

        Read bytes are dropped when they are more than the unread ones and
        more than 64 KiB: each byte is then moved at most once more on average.
        """
        if self.size == 0:
            self.data, self.start = chunk, 0
            self.size = len(chunk)
            return
        data = self.data
        self.size += len(chunk)
        if not isinstance(data, bytearray):
            data = self.data = bytearray(memoryview(data)[self.start :])
            self.start = 0
        elif self.start > _COMPACT_ABOVE and self.start > len(data) // 2:
            del data[: self.start]
            self.start = 0
        data += chunk

    def take(self, size: int) -> bytes:
        """Remove the first ``size`` bytes, which must be there, and give them."""
        data, start = self.data, self.start
        end = start + size
        if isinstance(data, bytes):
            # The slice of all of a bytes object is the object itself.
            taken = data[start:end]
        else:
            with memoryview(data) as view:
                taken = bytes(view[start:end])
        self.size -= size
        self.start = end
        if self.size == 0:
            self.clear()
        return taken

    def clear(self) -> None:
        """Forget the bytes, of which none is unread."""
        self.data, self.start = b"", 0

    def take_through(self, delimiter: bytes, limit: int, begin: int = 0) -> bytes | None:
        """Remove and give the bytes to the end of the first ``delimiter`` at or after ``begin``.

        ``None`` where there is none, or where these are more than ``limit``.
        """
        data, start = self.data, self.start
        at = data.find(delimiter, start + begin)
        size = at - start + len(delimiter)
        return self.take(size) if at >= 0 and size <= limit else None

    def take_into(self, target: memoryview) -> int:
        """Move bytes from the front into ``target``; give how many there were."""
        size = min(self.size, len(target))
        target[:size] = self.take(size)
        return size

    def give_back(self, taken: bytes) -> None:
        """Put ``taken``, the bytes taken last, in front again."""
        self.data = taken + self.take(self.size)
        self.start = 0
        self.size = len(self.data)

    def starts_with(self, byte: int) -> bool:
        """Tell whether the first unread byte is ``byte``."""
        return self.size > 0 and self.data[self.start] == byte

    def find(self, wanted: bytes, begin: int = 0) -> int:
        """Give the position of the first ``wanted`` at or after ``begin``, or -1."""
        at = self.data.find(wanted, self.start + begin)
        return at - self.start if at >= 0 else -1

    def end_of_match(self, pattern: re.Pattern[bytes]) -> int:
        """Give the position behind the first match of ``pattern``, or -1."""
        match = pattern.search(self.data, self.start)
        return match.end() - self.start if match is not None else -1
