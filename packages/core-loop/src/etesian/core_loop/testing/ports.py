"""Ports for servers that live as long as a test."""

from __future__ import annotations

import socket

__all__ = ["bind_unused_port"]

# Connections that may wait to be accepted: what servers commonly ask the kernel for.
BACKLOG = 128


def bind_unused_port(
    reuse_port: bool = False, address: str = "127.0.0.1"
) -> tuple[socket.socket, int]:
    """Return a non-blocking listening socket and the free port that the kernel gave it.

    The caller closes the socket. With `reuse_port` other sockets may bind the same port.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        if reuse_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((address, 0))
        bound.listen(BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound, bound.getsockname()[1]
