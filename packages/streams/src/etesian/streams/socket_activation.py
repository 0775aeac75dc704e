"""Listening sockets that systemd opened before it started this process."""

from __future__ import annotations

import os
import socket

# The first descriptor that is passed: SD_LISTEN_FDS_START of sd_listen_fds(3).
_FIRST = 3


def inherited_sockets(name: str | None = None) -> list[socket.socket]:
    """Give the listening sockets of this process's socket units, for ``TCPServer.add_sockets``.

    With ``name``, only those of that name (``FileDescriptorName=``, or else the
    unit's). Each socket is given once: a second call gives those that were not
    asked for before. They are non-blocking and close-on-exec from now on.
    Empty when the process was not started by socket activation, or the
    sockets are meant for another process (``LISTEN_PID``).

    Raises ``ValueError`` when the variables are not as sd_listen_fds(3) says.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = os.environ.get("LISTEN_FDS", "")
    if not count.isascii() or not count.isdigit():
        raise ValueError(f"LISTEN_FDS is {count!r}, not a number")
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    names += [""] * (int(count) - len(names))
    found = []
    for index in range(int(count)):
        if names[index] != _TAKEN and name in {None, names[index]}:
            found.append(_socket(_FIRST + index))
            names[index] = _TAKEN
    os.environ["LISTEN_FDNAMES"] = ":".join(names)
    return found


# Cannot be a unit's name: those hold no slash.
_TAKEN = "taken/"


def _socket(fd: int) -> socket.socket:
    try:
        sock = socket.socket(fileno=fd)
    except OSError as error:
        raise ValueError(f"the inherited descriptor {fd} is not a socket") from error
    sock.set_inheritable(False)
    sock.setblocking(False)
    return sock
