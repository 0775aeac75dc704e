"""Hashes of contents, remembered until the content changes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from etesian.web.static_files.opened_file import is_settled, stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.web.static_files.opened_file import Stamp

    # Classes compute differently, also for the same path.
    _Compute = Callable[[str], str | None]

__all__ = ["VersionCache"]

# Entries. A site has thousands of files at most; a subclass may invent paths without end.
_MAX_ENTRIES: Final = 16384


class VersionCache:
    """Versions by who computes them and path, each valid while the file has the same stamp.

    A path that is no file keeps its version until :meth:`clear`.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[_Compute, str], tuple[Stamp | None, str | None]] = {}

    def get(self, path: str, compute: _Compute, stamp: Stamp | None = None) -> str | None:
        """Give the version of ``path``; ``compute`` is called where it is not known.

        ``stamp`` is the file's, where it is known already.
        """
        if stamp is None:
            stamp = _stamp(path)
        key = (compute, path)
        known = self._entries.get(key)
        if known is not None and known[0] == stamp:
            return known[1]
        version = compute(path)
        if stamp is None or is_settled(stamp):
            if len(self._entries) >= _MAX_ENTRIES:
                self._entries.clear()
            self._entries[key] = (stamp, version)
        return version

    def has(self, path: str, compute: _Compute, stamp: Stamp) -> bool:
        """Say whether :meth:`get` would not have to compute."""
        known = self._entries.get((compute, path))
        return known is not None and known[0] == stamp

    def clear(self) -> None:
        """Forget all versions."""
        self._entries.clear()


def _stamp(path: str) -> Stamp | None:
    try:
        return stamp_of(os.stat(path))  # noqa: PTH116 - hot: no object per call
    except (OSError, ValueError):
        return None
