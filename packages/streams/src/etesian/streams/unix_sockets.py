"""Listening Unix sockets."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat

from etesian.streams.sockets import DEFAULT_BACKLOG


def bind_unix_socket(
    file: str | os.PathLike[str], mode: int = 0o600, backlog: int = DEFAULT_BACKLOG
) -> socket.socket:
    """Give a socket that listens at the path ``file``, reachable as ``mode`` says.

    A socket file left by a process that has ended is replaced. A name that
    begins with a NUL lives in Linux's abstract namespace: no file, no mode,
    and any user of the machine may connect.

    Raises ``ValueError`` when ``file`` is empty, or something other than a socket has
    that name (a symbolic link too: what it leads to is not replaced), and ``OSError`` with
    ``EADDRINUSE`` when a process still listens there. Two that begin at the same
    moment where a stale file lies must be kept apart by who starts them: at most
    one is reachable, and as a rule the other fails with ``EADDRINUSE``.
    """
    file = os.fspath(file)
    if not file:
        # Linux would choose a name of its own, which nobody knows.
        raise ValueError("a Unix socket needs a path or a name")
    abstract = file.startswith("\0")
    if not abstract:
        _remove_stale(file)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if abstract:
            sock.bind(file)
        else:
            # The file takes its first mode from the socket's: it is never open for longer than
            # it is meant to be, as it would be between bind and a chmod.
            os.fchmod(sock.fileno(), mode)
            sock.bind(file)
            os.chmod(file, mode)  # noqa: PTH101 - and what the umask took away comes back
        sock.listen(backlog)
    except FileNotFoundError as error:
        sock.close()
        if not os.path.isdir(os.path.dirname(file) or "."):  # noqa: PTH112, PTH120 - as above
            raise
        raise OSError(errno.EADDRINUSE, f"another process has just taken {file!r}") from error
    except BaseException:
        sock.close()
        raise
    return sock


# What a connection meets where somebody listens: a queue that is full, a socket of another type.
_IN_USE = frozenset({errno.EAGAIN, errno.EPROTOTYPE})


def _remove_stale(file: str) -> None:
    try:
        found = os.lstat(file)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise ValueError(f"{file!r} exists and is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        error = probe.connect_ex(file)
        if error in {0, *_IN_USE}:
            raise OSError(errno.EADDRINUSE, f"another process listens on {file!r}")
        if error not in {errno.ECONNREFUSED, errno.ENOENT}:
            raise OSError(error, os.strerror(error), file)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file)  # noqa: PTH108 - a path as the system call takes it
