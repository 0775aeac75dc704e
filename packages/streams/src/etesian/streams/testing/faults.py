"""What may go wrong with the bytes of one direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Faults(NamedTuple):
    """The faults of one direction; without arguments there are none.

    Positions count the bytes of this direction from 0, and the faults come
    exactly there, however the bytes were sent.
    """

    chunk_size: int | None = None
    """Deliver so many bytes at a time: 1 finds parsers that expect more."""

    stall_after: int | None = None
    """Deliver so many bytes and then none, with the connection open."""

    reset_after: int | None = None
    """Deliver so many bytes and then reset the connection."""

    end_after: int | None = None
    """Deliver so many bytes and then end this direction in order."""

    def cut(self, data: bytes, position: int) -> Iterator[bytes]:
        """Give what is delivered of ``data``, whose first byte is at ``position``, in pieces."""
        room = len(data) if self.limit is None else max(0, self.limit - position)
        data = data[:room]
        step = self.chunk_size or len(data) or 1
        for start in range(0, len(data), step):
            yield data[start : start + step]

    @property
    def limit(self) -> int | None:
        """How many bytes are delivered at all, ``None`` for all."""
        limits = [
            limit
            for limit in (self.stall_after, self.reset_after, self.end_after)
            if limit is not None
        ]
        return min(limits, default=None)

    def resets_at(self, position: int) -> bool:
        """Tell whether the connection is reset once ``position`` bytes were delivered."""
        return self.reset_after == self.limit is not None and position >= self.limit

    def ends_at(self, position: int) -> bool:
        """Tell whether this direction ends once ``position`` bytes were delivered."""
        return self.end_after == self.limit is not None and position >= self.limit
