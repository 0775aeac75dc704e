"""Telling that connections are served now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.cli.notify import notify
from etesian.cli.sockets import url_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from etesian.cli.command_line.options import RunOptions


def announce(sockets: Iterable[socket.socket], options: RunOptions) -> None:
    """Tell people and the service manager that connections are served."""
    for one in sockets:
        url = url_of(one, secure=options.certfile is not None)
        print(f"Serving on {url} (Ctrl-C stops it)", flush=True)
    notify("READY=1")
