"""Telling the service manager how it stands, as sd_notify(3) does."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def notify(*states: str) -> None:
    """Send states such as ``READY=1`` to systemd; nothing where it did not ask for them.

    A manager that does not listen is none of the server's trouble.
    """
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return
    # Linux's abstract names begin with a NUL, which the environment cannot hold.
    address = f"\0{path[1:]}" if path.startswith("@") else path
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto("\n".join(states).encode(), address)
