"""Watching the source files of a program that somebody is working on."""

from __future__ import annotations

import asyncio
import logging
import os
import tokenize
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

_log = logging.getLogger("etesian.general")

# Seconds between two looks at all files, where the kernel does not report changes.
_INTERVAL = 0.5
# Milliseconds that reports of the kernel are collected for: an editor makes several in one go.
_STEP = 50
# Milliseconds between two looks where it does: it reports from some moment on, later than asked.
_RECHECK = 1000
# Folders that hold no source of the program's own, however many files.
_PASSED_OVER = {"__pycache__", "node_modules", "site-packages"}


async def changes(folders: Iterable[str]) -> AsyncIterator[set[str]]:
    """Give the ``*.py`` files that changed, came or went, whenever some did.

    Folders are watched with all below them, but hidden ones, virtual environments and
    ``node_modules``. Where the distribution ``watchfiles`` is installed the kernel reports
    changes; otherwise all files are looked at twice a second.
    """
    roots = list(map(os.path.abspath, folders))
    seen = _times(roots)
    async for _ in _occasions(roots):
        now = await asyncio.to_thread(_times, roots)
        changed = {path for path, _ in seen.items() ^ now.items()}
        seen = now
        if changed:
            yield changed


def is_broken(path: str) -> bool:
    """Tell whether a file has a syntax error, and log it: a program with it would only die."""
    try:
        with tokenize.open(path) as file:
            compile(file.read(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        _log.error("Not reloading: %s: %s: %s", path, type(error).__name__, error)
        return True
    except OSError:
        return False  # it went
    return False


async def _occasions(roots: list[str]) -> AsyncIterator[object]:
    """Come back when there may be something new."""
    watchfiles = _kernel_watcher()
    if watchfiles is not None:
        # It would log what is passed over, and again what is not.
        logging.getLogger("watchfiles").setLevel(logging.WARNING)
        async for report in watchfiles.awatch(
            *roots, step=_STEP, rust_timeout=_RECHECK, yield_on_timeout=True
        ):
            yield report
    while True:
        await asyncio.sleep(_INTERVAL)
        yield None


def _kernel_watcher() -> Any:
    try:
        return import_module("watchfiles")
    except ImportError:
        return None


def _times(roots: Iterable[str]) -> dict[str, int]:
    """Give the time of the last change of each file, in nanoseconds."""
    found = {}
    for root in roots:
        for path in _sources(root):
            try:
                found[path] = os.stat(path).st_mtime_ns  # noqa: PTH116 - thousands of them
            except OSError:
                continue  # an editor replaces files by renaming new ones
    return found


def _sources(root: str) -> Iterator[str]:
    for folder, below, files in os.walk(root):
        below[:] = [
            name
            for name in below
            if not name.startswith(".")
            and name not in _PASSED_OVER
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))  # noqa: PTH110, PTH118 - thousands of them
        ]
        yield from (os.path.join(folder, name) for name in files if name.endswith(".py"))  # noqa: PTH118 - thousands
