"""Small files in memory, as long as they have not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etesian.web.static_files.opened_file import FileChangedError, is_settled, open_regular

if TYPE_CHECKING:
    from etesian.web.static_files.opened_file import Stamp

__all__ = ["MAX_CACHED_SIZE", "ContentCache"]

# Octets. Scripts, styles and pictures of pages; what is larger is sent from the disk.
MAX_CACHED_SIZE: Final = 256 * 1024
# Octets, of all files together, per process.
MAX_TOTAL_SIZE: Final = 16 * 1024 * 1024


class ContentCache:
    """Contents by path, each valid while the file has the same stamp.

    When it is full the content that was put in first goes.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Stamp, bytes]] = {}
        self._total = 0

    def get(self, path: str, stamp: Stamp) -> bytes:
        """Give the content of the file of a stamp; it is read where not known.

        Raises ``OSError``, for a file that has changed :class:`FileChangedError`.
        """
        known = self._entries.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        with open_regular(path, stamp) as file:
            content = file.read(stamp.size + 1)
        if len(content) != stamp.size:
            raise FileChangedError(f"{path!r} was changed")
        self._forget(path)
        if is_settled(stamp):
            self._remember(path, stamp, content)
        return content

    def clear(self) -> None:
        """Forget all contents."""
        self._entries.clear()
        self._total = 0

    def _remember(self, path: str, stamp: Stamp, content: bytes) -> None:
        while self._entries and self._total + len(content) > MAX_TOTAL_SIZE:
            self._forget(next(iter(self._entries)))
        self._entries[path] = (stamp, content)
        self._total += len(content)

    def _forget(self, path: str) -> None:
        known = self._entries.pop(path, None)
        if known is not None:
            self._total -= len(known[1])
