"""What a read waits for: each plan says when the buffer holds enough.

A plan is asked again after each arrival, so it remembers how far it has looked
and looks at no byte twice. It raises as soon as no later byte could satisfy
it, wherever the arriving chunks were cut: the outcome depends on the bytes
alone. No I/O happens here.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from etesian.streams.interface import StreamBufferFullError, UnsatisfiableReadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.streams.read_buffer import ReadBuffer


_Wanted = TypeVar("_Wanted", bytes, re.Pattern[bytes])


class ReadPlan:
    """Takes from the buffer what one read asked for, when it is there."""

    __slots__ = ()

    future_kind: type[asyncio.Future[Any]] = asyncio.Future
    """What to wait with for the result."""

    meets_end = False
    """Whether who has the result knows that no more bytes will come."""

    postponed = False
    """Whether bytes are there that were not looked at: :meth:`insist` makes the next look do it."""

    def insist(self) -> None:
        """Have the next :meth:`take` look at all there is."""

    def size_in(self, data: bytes) -> int:  # noqa: ARG002 - of those that can tell at a glance
        """Tell how much of ``data``, where nothing came before, is the result; 0 where in doubt."""
        return 0

    def take(self, buffer: ReadBuffer) -> bytes | int | None:
        """Take the result out of ``buffer``, or give ``None`` for "not yet".

        Raises what the stream is to be closed with when the result cannot come.
        """
        raise NotImplementedError

    def take_last(self, buffer: ReadBuffer) -> bytes | int | None:
        """The same when no more bytes will come: ``None`` is "never"."""
        return self.take(buffer)

    def abandon(self, buffer: ReadBuffer) -> None:
        """Put back what was already moved out of ``buffer``: the read was cancelled."""


class _Delimited(ReadPlan, Generic[_Wanted]):
    """A read that ends where the peer says, so that only a limit bounds it.

    The limit is ``max_bytes``, or without it that of the buffer.
    """

    __slots__ = ("_limit", "_max_bytes", "_wanted", "request", "seen")

    def __init__(self, wanted: _Wanted, max_bytes: int | None, buffer_limit: int) -> None:
        self._wanted: _Wanted = wanted
        self._max_bytes = max_bytes
        self._limit = buffer_limit if max_bytes is None else max_bytes
        # How many bytes the last look has seen, as far as the next need not see them again.
        self.seen = 0

    def _refusal(self) -> Exception:
        error = StreamBufferFullError if self._max_bytes is None else UnsatisfiableReadError
        return error(f"no delimiter within the first {self._limit} bytes")


class ReadUntil(_Delimited[bytes]):
    """Up to and including a delimiter; an empty one is a ``ValueError``."""

    __slots__ = ()

    def __init__(self, wanted: bytes, max_bytes: int | None, buffer_limit: int) -> None:
        if not wanted:
            raise ValueError("a delimiter has one byte at least")
        super().__init__(wanted, max_bytes, buffer_limit)
        self.request = wanted, max_bytes, buffer_limit

    def size_in(self, data: bytes) -> int:
        """Tell where the first delimiter ends."""
        at = data.find(self._wanted)
        size = at + len(self._wanted)
        return size if at >= 0 and size <= self._limit else 0

    def take(self, buffer: ReadBuffer) -> bytes | None:
        """Take up to the delimiter; bytes that were searched are not searched again."""
        size = buffer.size
        if size == self.seen:
            return None
        taken = buffer.take_through(self._wanted, self._limit, self.seen)
        if taken is None:
            if size >= self._limit:
                raise self._refusal()
            # The delimiter may have begun in the last bytes.
            self.seen = max(0, size - len(self._wanted) + 1)
        return taken


class ReadUntilRegex(_Delimited[re.Pattern[bytes]]):
    """Up to the end of the first match of a pattern.

    A search by pattern cannot be taken up where it ended. It is repeated for
    each arrival while the bytes are few, later when they have grown by an
    eighth or when the stream insists: the work stays in proportion to the
    bytes, or to the time.
    """

    __slots__ = ("postponed",)

    # Bytes. Below this a search is cheaper than the arrival that causes it.
    _FEW = 4096

    def __init__(
        self, pattern: re.Pattern[bytes], max_bytes: int | None, buffer_limit: int
    ) -> None:
        super().__init__(pattern, max_bytes, buffer_limit)
        self.postponed = False

    def insist(self) -> None:
        """Search at the next look, however little has come."""
        self.seen = 0

    def take(self, buffer: ReadBuffer) -> bytes | None:
        """Take up to the end of the first match."""
        size = buffer.size
        grown = size - self.seen
        self.postponed = self.seen > self._FEW and grown < self.seen // 8 and size < self._limit
        return None if self.postponed else self.take_last(buffer)

    def take_last(self, buffer: ReadBuffer) -> bytes | None:
        """The same, looking at all there is."""
        self.seen = buffer.size
        end = buffer.end_of_match(self._wanted)
        if end > self._limit or (end < 0 and buffer.size >= self._limit):
            raise self._refusal()
        return buffer.take(end) if end >= 0 else None


class ReadBytes(ReadPlan):
    """Exactly so many bytes, or at least one."""

    __slots__ = ("_limit", "_num_bytes", "_partial")

    def __init__(self, num_bytes: int, buffer_limit: int, *, partial: bool) -> None:
        if num_bytes < 0:
            raise ValueError(f"cannot read {num_bytes} bytes")
        self._num_bytes = num_bytes
        self._limit = buffer_limit
        self._partial = partial

    def size_in(self, data: bytes) -> int:
        """Tell whether these are all, and perhaps more."""
        return self._num_bytes if self._limit >= self._num_bytes <= len(data) else 0

    def take(self, buffer: ReadBuffer) -> bytes | None:
        """Take them all, or with ``partial`` what is there."""
        if self._num_bytes > self._limit and not self._partial:
            raise StreamBufferFullError(f"{self._num_bytes} bytes to read, limit {self._limit}")
        waiting = buffer.size
        if waiting >= self._num_bytes:
            return buffer.take(self._num_bytes)
        return buffer.take(waiting) if self._partial and waiting else None


class ReadIntoFuture(asyncio.Future[int]):
    """Tells at once that it is cancelled: what was moved is to be put back before it is changed."""

    when_cancelled: Callable[[], object] | None = None

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel the read (asyncio.Future)."""
        cancelled = super().cancel(msg)
        if cancelled and self.when_cancelled is not None:
            self.when_cancelled()
        return cancelled


class ReadInto(ReadPlan):
    """Fill memory that the caller owns."""

    __slots__ = ("_filled", "_partial", "_target")

    future_kind = ReadIntoFuture

    def __init__(self, target: memoryview, *, partial: bool) -> None:
        self._target = target
        self._partial = partial
        self._filled = 0

    def take(self, buffer: ReadBuffer) -> int | None:
        """Move what is there into the memory; give the size when that is enough."""
        self._filled += buffer.take_into(self._target[self._filled :])
        enough = self._filled if self._partial else len(self._target)
        if self._filled < max(enough, min(1, len(self._target))):
            return None
        return self._filled

    def abandon(self, buffer: ReadBuffer) -> None:
        """Put the bytes back; the caller's memory keeps a copy of no meaning."""
        buffer.give_back(bytes(self._target[: self._filled]))


class ReadUntilClose(ReadPlan):
    """All bytes, up to a limit."""

    __slots__ = ("_limit",)

    meets_end = True

    def __init__(self, buffer_limit: int) -> None:
        self._limit = buffer_limit

    def take(self, buffer: ReadBuffer) -> None:
        """Wait for the end."""
        if buffer.size > self._limit:
            raise StreamBufferFullError(f"more than {self._limit} bytes before the end")

    def take_last(self, buffer: ReadBuffer) -> bytes:
        """Take all there is."""
        return buffer.take(buffer.size)
