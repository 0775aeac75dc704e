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
    """

    __slots__ = ("_data", "_start", "size")

    def __init__(self) -> None:
        self._data: bytes | bytearray = b""
        self._start = 0
        self.size = 0

    def append(self, chunk: bytes) -> None:
        """Add ``chunk`` behind what is there, taking the object over.

        Read bytes are dropped when they are more than the unread ones and
        more than 64 KiB: each byte is then moved at most once more on average.
        """
        if self.size == 0:
            self._data, self._start = chunk, 0
            self.size = len(chunk)
            return
        data = self._data
        self.size += len(chunk)
        if not isinstance(data, bytearray):
            data = self._data = bytearray(memoryview(data)[self._start :])
            self._start = 0
        elif self._start > _COMPACT_ABOVE and self._start > len(data) // 2:
            del data[: self._start]
            self._start = 0
        data += chunk

    def take(self, size: int) -> bytes:
        """Remove the first ``size`` bytes, which must be there, and give them."""
        data, start = self._data, self._start
        end = start + size
        if isinstance(data, bytes):
            # The slice of all of a bytes object is the object itself.
            taken = data[start:end]
        else:
            with memoryview(data) as view:
                taken = bytes(view[start:end])
        self.size -= size
        self._start = end
        if self.size == 0:
            self._data, self._start = b"", 0
        return taken

    def take_through(self, delimiter: bytes, limit: int, begin: int = 0) -> bytes | None:
        """Remove and give the bytes to the end of the first ``delimiter`` at or after ``begin``.

        ``None`` where there is none, or where these are more than ``limit``.
        """
        data, start = self._data, self._start
        at = data.find(delimiter, start + begin)
        size = at - start + len(delimiter)
        if at < 0 or size > limit:
            return None
        if size == self.size or not isinstance(data, bytes):
            return self.take(size)
        # One of many in a chunk: the same, without the call.
        self.size -= size
        self._start = end = start + size
        return data[start:end]

    def take_into(self, target: memoryview) -> int:
        """Move bytes from the front into ``target``; give how many there were."""
        size = min(self.size, len(target))
        target[:size] = self.take(size)
        return size

    def give_back(self, taken: bytes) -> None:
        """Put ``taken``, the bytes taken last, in front again."""
        self._data = taken + self.take(self.size)
        self._start = 0
        self.size = len(self._data)

    def starts_with(self, byte: int) -> bool:
        """Tell whether the first unread byte is ``byte``."""
        return self.size > 0 and self._data[self._start] == byte

    def find(self, wanted: bytes, begin: int = 0) -> int:
        """Give the position of the first ``wanted`` at or after ``begin``, or -1."""
        at = self._data.find(wanted, self._start + begin)
        return at - self._start if at >= 0 else -1

    def end_of_match(self, pattern: re.Pattern[bytes]) -> int:
        """Give the position behind the first match of ``pattern``, or -1."""
        match = pattern.search(self._data, self._start)
        return match.end() - self._start if match is not None else -1
