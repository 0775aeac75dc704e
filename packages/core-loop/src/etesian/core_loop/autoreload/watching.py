"""Watching a program's files while its loop runs."""

from __future__ import annotations

import logging
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from etesian.core_loop.autoreload.files import WatchedFiles, is_runnable
from etesian.core_loop.autoreload.restart import restart
from etesian.core_loop.ioloop.loop import IOLoop
from etesian.core_loop.ioloop.periodic import PeriodicCallback

if TYPE_CHECKING:
    import os

__all__ = ["start", "wait", "watch"]

_log = logging.getLogger("etesian.general")

# Milliseconds between two looks at all files, where the kernel does not report changes.
CHECK_TIME = 500

# Milliseconds between two looks where the kernel does report changes: it does so from some
# moment after watching began, and only in the folders known then.
RECHECK_TIME = 1000

# Milliseconds that changes are collected for: an editor makes several in one go.
STEP = 50

_files = WatchedFiles()
# Changed files that wait for a broken one among them to be repaired.
_pending: set[str] = set()
_watched_loops: list[IOLoop] = []


def start(check_time: int = CHECK_TIME) -> None:
    """Run the program anew whenever one of its source files changes.

    Begins on the current loop, and does nothing if it has begun there before. Where the
    distribution ``watchfiles`` is installed (the extra ``watch``) the kernel reports changes
    at once; otherwise all files are looked at every `check_time` milliseconds. A file with a
    syntax error is logged, and the program goes on until the next change.

    For development only: it runs whatever is written to the program's files.
    """
    io_loop = IOLoop.current()
    _watched_loops[:] = [loop for loop in _watched_loops if not loop.asyncio_loop.is_closed()]
    if io_loop in _watched_loops:
        return
    _watched_loops.append(io_loop)
    if len(_watched_loops) > 1:
        _log.warning("autoreload was started on more than one event loop of the process")
    _begin(io_loop, check_time)


def watch(filename: str | os.PathLike[str]) -> None:
    """Watch a file that is no module, a template or a configuration for example."""
    _files.add(filename)


def wait() -> NoReturn:
    """Watch the program's files, and run it anew when one changes: it never returns."""
    io_loop = IOLoop(make_current=False)
    io_loop.add_callback(_begin, io_loop, CHECK_TIME)
    io_loop.start()
    raise RuntimeError("the loop of autoreload.wait() was stopped")


def _begin(io_loop: IOLoop, check_time: int) -> None:
    _files.changed()
    watchfiles = _kernel_watcher()
    if watchfiles is None:
        PeriodicCallback(_check, check_time).start()
    else:
        io_loop.spawn_callback(_await_changes, watchfiles)


def _check() -> None:
    _pending.update(_files.changed())
    if not _pending:
        return
    broken = [path for path in _pending if not is_runnable(path)]
    if not broken:
        _log.info("%s changed: restarting", ", ".join(sorted(_pending)))
        restart()


def _kernel_watcher() -> Any:
    try:
        import watchfiles  # noqa: PLC0415  optional
    except ImportError:
        return None
    return watchfiles


async def _await_changes(watchfiles: Any) -> None:
    """Check when the kernel reports something in the folders of the watched files."""
    while True:
        folders = _folders()
        reports = watchfiles.awatch(
            *folders,
            recursive=False,
            watch_filter=None,
            step=STEP,
            rust_timeout=RECHECK_TIME,
            yield_on_timeout=True,
        )
        async with aclosing(reports):
            async for _ in reports:
                _check()
                if _folders() != folders:  # modules were imported meanwhile
                    break


def _folders() -> set[str]:
    parents = {str(Path(path).parent) for path in _files.paths()}
    return {folder for folder in parents if Path(folder).is_dir()}
