"""The files whose change makes a program start anew."""

from __future__ import annotations

import logging
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

__all__ = ["WatchedFiles"]

_log = logging.getLogger("etesian.general")


class WatchedFiles:
    """The source files of all imported modules, and others that were named.

    A file that disappears has not changed: editors replace files by renaming new ones.
    """

    def __init__(self) -> None:
        self._named: set[str] = set()
        # Modification times in nanoseconds; coarser ones miss the second of two quick edits.
        self._seen: dict[str, int] = {}

    def add(self, filename: str | os.PathLike[str]) -> None:
        """Watch a file that is no module; what changes it from now on is a change."""
        path = str(Path(filename).absolute())
        self._named.add(path)
        self._has_changed(path)

    def paths(self) -> Iterator[str]:
        """Yield the files as of now, each perhaps more than once."""
        # Copied: looking at a module can import others.
        for module in list(sys.modules.values()):
            # In the module's own dict: its __getattr__ may do anything.
            path = getattr(module, "__dict__", {}).get("__file__")
            if isinstance(path, str):
                yield path[:-1] if path.endswith((".pyc", ".pyo")) else path
        yield from list(self._named)

    def changed(self) -> list[str]:
        """Return the files that changed since they were looked at first or returned last."""
        return [path for path in set(self.paths()) if self._has_changed(path)]

    def _has_changed(self, path: str) -> bool:
        try:
            modified = Path(path).stat().st_mtime_ns
        except OSError:
            return False
        before = self._seen.get(path)
        self._seen[path] = modified
        return before is not None and before != modified


def is_runnable(path: str) -> bool:
    """Tell whether a file is free of syntax errors; log the error if it is not.

    A program that starts anew with a broken file only dies. What is no Python is runnable.
    """
    if not path.endswith(".py"):
        return True
    try:
        with tokenize.open(path) as file:
            compile(file.read(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        _log.error("Not restarting: %s: %s: %s", path, type(error).__name__, error)
        return False
    except OSError:
        return False
    return True
