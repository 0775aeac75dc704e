"""Listening sockets, made from what the command line says, and how they are told of."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from etesian.cli.command_line.addresses import TCPAddress, UnixAddress
from etesian.cli.command_line.arguments import DEFAULT_HOST, DEFAULT_PORT
from etesian.cli.start_error import StartError
from etesian.streams.interface import api as streams

if TYPE_CHECKING:
    from etesian.cli.command_line.addresses import Address
    from etesian.cli.command_line.options import RunOptions


class OpenSockets:
    """Sockets that listen, and the names in the file system that some of them were given."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []
        # Absolute, as the program may change its folder; and which file each of them is, because
        # another process may have put its own in the place.
        self._paths: dict[str, tuple[int, int]] = {}

    def open(self, address: Address, options: RunOptions) -> None:
        """Add what listens on an address; raises ``OSError`` or ``ValueError`` where none can."""
        backlog = options.backlog
        if isinstance(address, TCPAddress):
            self.sockets += streams.bind_sockets(address.port, address.host, backlog=backlog)
        elif isinstance(address, UnixAddress):
            path = str(Path(address.path).absolute())
            found = streams.bind_unix_socket(address.path, options.unix_mode, backlog)
            self.sockets.append(found)
            self._paths[path] = _identity(path)
        else:
            self.sockets.append(listening_socket(address.number))

    def close(self) -> None:
        """Take the names away, then close the sockets; the second call does nothing."""
        while self._paths:
            path, identity = self._paths.popitem()
            with suppress(OSError):
                if _identity(path) == identity:
                    os.unlink(path)  # noqa: PTH108 - a path as the system call takes it
        for one in self.sockets:
            one.close()


def open_sockets(options: RunOptions) -> OpenSockets:
    """Give the sockets that the options name, listening and non-blocking.

    Without an address, those that systemd passed; where it passed none, the default port.
    Raises ``StartError`` where one cannot be had; no other stays open then.
    """
    found = OpenSockets()
    address: object = "the sockets that systemd passed"
    try:
        if not options.addresses:
            found.sockets += streams.inherited_sockets()
        default = () if found.sockets else (TCPAddress(DEFAULT_HOST, DEFAULT_PORT),)
        for address in options.addresses or default:
            found.open(address, options)
    except (OSError, ValueError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or error
        raise StartError(f"cannot listen on {address}: {reason}") from None
    return found


def _identity(path: str) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def listening_socket(descriptor: int) -> socket.socket:
    """Give the socket that this process inherited under a number.

    Raises ``OSError`` where that is no socket, and ``ValueError`` where it does not listen.
    """
    found = socket.socket(fileno=descriptor)
    if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        found.detach()
        raise ValueError("that socket does not listen")
    found.setblocking(False)
    return found


def url_of(sock: socket.socket, *, secure: bool) -> str:
    """Give the URL of what listens on ``sock``, for people to read."""
    scheme = "https" if secure else "http"
    if sock.family == socket.AF_UNIX:
        return f"{scheme}+unix://{sock.getsockname()}"
    host, port = sock.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
