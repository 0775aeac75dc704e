"""Listening sockets, made from what the command line says, and how they are told of."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from etesian.cli.addresses import TCPAddress, UnixAddress
from etesian.cli.arguments import DEFAULT_HOST, DEFAULT_PORT
from etesian.cli.start_error import StartError
from etesian.streams.interface import api as streams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etesian.cli.addresses import Address
    from etesian.cli.options import RunOptions


def open_sockets(options: RunOptions) -> list[socket.socket]:
    """Give the sockets that the options name, listening and non-blocking.

    Without an address, those that systemd passed; where it passed none, the default port.
    Raises ``StartError`` where one cannot be had; no other stays open then.
    """
    found: list[socket.socket] = []
    address: object = "the sockets that systemd passed"
    try:
        if not options.addresses:
            found += streams.inherited_sockets()
        default = () if found else (TCPAddress(DEFAULT_HOST, DEFAULT_PORT),)
        for address in options.addresses or default:
            found += _opened(address, options.unix_mode)
    except (OSError, ValueError) as error:
        close_sockets(found)
        reason = getattr(error, "strerror", None) or error
        raise StartError(f"cannot listen on {address}: {reason}") from None
    return found


def _opened(address: Address, unix_mode: int) -> list[socket.socket]:
    if isinstance(address, TCPAddress):
        return streams.bind_sockets(address.port, address.host)
    if isinstance(address, UnixAddress):
        return [streams.bind_unix_socket(address.path, unix_mode)]
    return [listening_socket(address.number)]


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


def close_sockets(sockets: Iterable[socket.socket], options: RunOptions | None = None) -> None:
    """Close sockets; those that ``options`` had opened at a path leave no file behind."""
    for one in sockets:
        one.close()
    for address in () if options is None else options.addresses:
        if isinstance(address, UnixAddress):
            with suppress(OSError):
                if stat.S_ISSOCK(os.lstat(address.path).st_mode):
                    os.unlink(address.path)  # noqa: PTH108 - a path as the system call takes it


def url_of(sock: socket.socket, *, secure: bool) -> str:
    """Give the URL of what listens on ``sock``, for people to read."""
    scheme = "https" if secure else "http"
    if sock.family == socket.AF_UNIX:
        return f"{scheme}+unix://{sock.getsockname()}"
    host, port = sock.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
