"""Files opened so that what was judged is what is read."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "FileChangedError",
    "Stamp",
    "is_settled",
    "open_regular",
    "read_pieces",
    "stamp_of",
    "true_path",
]

# A pipe that somebody put in the place of a file must not make us wait for its writer, nor a
# terminal become ours. (O_BINARY is for Windows, which has none of the others.)
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
# Octets read from the disk at once: a few round trips' worth, and memory per slow client.
_PIECE_SIZE: Final = 64 * 1024
# Nanoseconds. Most kernels date changes by a clock that ticks every 1 to 10 ms: two changes within
# one tick leave the same stamp.
_CLOCK_TICK: Final = 20_000_000
# Where Linux tells which file a descriptor really is.
_DESCRIPTORS: Final = "/proc/self/fd"


class Stamp(NamedTuple):
    """What tells a file, as it is now, from every other and from itself before and after."""

    device: int
    inode: int
    changed_ns: int
    """When the inode changed last; unlike the time of the contents, nobody can set it back."""
    modified_ns: int
    size: int


class FileChangedError(OSError):
    """The path leads to another file, or to other contents, than when it was looked at."""


def stamp_of(status: os.stat_result) -> Stamp:
    """Give the stamp of a file."""
    return Stamp(
        status.st_dev,
        status.st_ino,
        status.st_ctime_ns,
        status.st_mtime_ns,
        status.st_size,
    )


def is_settled(stamp: Stamp) -> bool:
    """Say whether a change from now on would surely give the file another stamp.

    What was read of one that was changed just now must not be remembered by its stamp.
    """
    return time.time_ns() - stamp.changed_ns > _CLOCK_TICK


def open_regular(path: str, stamp: Stamp | None = None) -> BinaryIO:
    """Open a file to read from; with ``stamp``, only if it is the very file of that stamp.

    Raises ``OSError``: :class:`FileChangedError` for a wrong stamp, others for
    what is no regular file or cannot be opened. It never waits for a pipe.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        _compare(path, os.fstat(descriptor), stamp)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _compare(path: str, status: os.stat_result, stamp: Stamp | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise FileChangedError(f"{path!r} is no regular file")
    if stamp is not None and stamp_of(status) != stamp:
        raise FileChangedError(f"{path!r} was changed")


def read_pieces(file: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    """Give the octets from ``start`` up to ``end`` in pieces; fewer where the file is shorter."""
    file.seek(start)
    left = -1 if end is None else end - start
    while left:
        piece = file.read(_PIECE_SIZE if left < 0 else min(_PIECE_SIZE, left))
        if not piece:
            return
        if left > 0:
            left -= len(piece)
        yield piece


def true_path(path: str, stamp: Stamp) -> str:
    """Give where the file of this stamp, to which ``path`` leads, lies with no link on the way.

    On Linux the kernel tells it of the open file, so that no link can be turned in
    between. Raises ``OSError`` as :func:`open_regular`.
    """
    with open_regular(path, stamp) as file:
        try:
            return os.readlink(f"{_DESCRIPTORS}/{file.fileno()}")  # noqa: PTH115 - text, as the rest
        except OSError:
            pass
    resolved = os.path.realpath(path)
    open_regular(resolved, stamp).close()
    return resolved
