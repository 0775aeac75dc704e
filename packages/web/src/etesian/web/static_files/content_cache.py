"""Small files in memory, as long as they have not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import os

__all__ = ["MAX_CACHED_SIZE", "ContentCache"]

# Octets. Scripts, styles and pictures of pages; what is larger is read from the disk in pieces.
MAX_CACHED_SIZE: Final = 256 * 1024
# Octets, of all files together, per process.
MAX_TOTAL_SIZE: Final = 16 * 1024 * 1024


class ContentCache:
    """Contents by path, each valid while the file's time, size and inode are the same.

    When it is full the content that was put in first goes.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[tuple[int, int, int], bytes]] = {}
        self._total = 0

    def get(self, path: str, status: os.stat_result) -> bytes:
        """Give the content of a file whose ``stat`` is given; it is read where not known.

        A file that changes while it is read is not remembered. Raises ``OSError``.
        """
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._entries.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        with open(path, "rb") as file:  # noqa: PTH123 - hot: no object per call
            content = file.read()
        self._forget(path)
        if len(content) == status.st_size:
            self._remember(path, stamp, content)
        return content

    def clear(self) -> None:
        """Forget all contents."""
        self._entries.clear()
        self._total = 0

    def _remember(self, path: str, stamp: tuple[int, int, int], content: bytes) -> None:
        while self._entries and self._total + len(content) > MAX_TOTAL_SIZE:
            self._forget(next(iter(self._entries)))
        self._entries[path] = (stamp, content)
        self._total += len(content)

    def _forget(self, path: str) -> None:
        known = self._entries.pop(path, None)
        if known is not None:
            self._total -= len(known[1])
