"""Paths that were found fit to be served, as long as they lead to the same file."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from etesian.web.static_files.confinement import is_truly_below
from etesian.web.static_files.opened_file import FileChangedError, stamp_of

if TYPE_CHECKING:
    from etesian.web.static_files.opened_file import Stamp

__all__ = ["JudgedPaths"]

# Entries. Only paths of files that are there get into the tables, which are emptied when full.
_MAX_ENTRIES: Final = 4096


class JudgedPaths:
    """The stamps of files that truly lie below a root.

    A file that changed, or a link that was turned elsewhere, has another stamp and
    is judged again: each answer costs one ``stat``, and is right as of then.
    """

    def __init__(self) -> None:
        self._stamps: dict[tuple[str, str], Stamp] = {}
        self._located: dict[tuple[str, str], str] = {}

    def judge(self, root: str, path: str) -> Stamp | None:
        """Give the stamp of the regular file at ``path``; ``None`` where it lies elsewhere.

        Both are absolute. Raises ``OSError`` where there is no regular file, or
        where it cannot be opened.
        """
        status = os.stat(path)  # noqa: PTH116 - hot: no object per call
        stamp = stamp_of(status)
        key = (root, path)
        if self._stamps.get(key) == stamp:
            return stamp
        if not stat.S_ISREG(status.st_mode):
            raise FileChangedError(f"{path!r} is no regular file")
        if not is_truly_below(root, path, stamp):
            return None
        if len(self._stamps) >= _MAX_ENTRIES:
            self.clear()
        self._stamps[key] = stamp
        return stamp

    def remember(self, root: str, name: str, path: str) -> None:
        """Take that ``name``, as requests have it, leads from an absolute root to ``path``."""
        if len(self._located) >= _MAX_ENTRIES:
            self._located.clear()
        self._located[root, name] = path

    def locate(self, root: str, name: str) -> tuple[str, Stamp] | None:
        """Give path and stamp for a remembered name; ``None`` where it must be judged (anew)."""
        path = self._located.get((root, name))
        if path is None:
            return None
        try:
            stamp = stamp_of(os.stat(path))  # noqa: PTH116 - hot
        except OSError:
            return None
        return (path, stamp) if self._stamps.get((root, path)) == stamp else None

    def clear(self) -> None:
        """Forget all."""
        self._stamps.clear()
        self._located.clear()
