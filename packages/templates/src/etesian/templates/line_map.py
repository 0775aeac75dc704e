"""Line numbers of several files in one line table.

A code object names one file, yet a linked template has lines of several. The first
file keeps its own numbers, so that its lines need no help in a traceback; the lines
of every other one are counted on from the end of the one before.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etesian.templates.origin import Origin


class LineMap:
    """Which lines of a code object are which lines of which file."""

    def __init__(self, origins: Iterable[Origin]) -> None:
        self._offsets: dict[Origin, int] = {}
        offset = 0
        for origin in dict.fromkeys(origins):
            self._offsets[origin] = offset
            offset += origin.text.count("\n") + 1
        self._origins = list(self._offsets)
        self._starts = list(self._offsets.values())

    @property
    def first(self) -> Origin:
        """The file whose lines keep their numbers."""
        return self._origins[0]

    def offset(self, origin: Origin) -> int:
        """Give what to add to a line number of the file."""
        return self._offsets[origin]

    def locate(self, line: int) -> tuple[Origin, int]:
        """Give the file and the line in it of a line of the code object."""
        index = bisect_right(self._starts, max(line, 1) - 1) - 1
        return self._origins[index], line - self._starts[index]
