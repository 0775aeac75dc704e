"""Connecting a socket, in the same way on every loop."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any


def require_port(port: object) -> None:
    """Raise ``OverflowError``, as ``socket`` does, for a number that no port has.

    ``getaddrinfo`` takes the lower 16 bits of it, which is the port of somebody else.
    """
    if isinstance(port, int) and not 0 <= port <= 65535:
        raise OverflowError(f"port must be 0-65535, not {port}")


async def connect_socket(sock: socket.socket, address: Any) -> None:
    """Connect the non-blocking ``sock``; ``address`` is as ``socket.connect`` takes it.

    Raises ``OSError`` when that fails, and what ``socket.connect`` raises for
    an address that is none. Cancelling leaves the socket to the caller.
    """
    is_ip = sock.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple)
    if is_ip and len(address) > 1:
        require_port(address[1])
    if is_ip and len(address) == 4 and address[3]:
        await _connect_within_zone(sock, address)
    else:
        await asyncio.get_running_loop().sock_connect(sock, address)


async def _connect_within_zone(sock: socket.socket, address: tuple[Any, ...]) -> None:
    """Connect to a link-local address: uvloop looks it up again and loses its zone."""
    try:
        sock.connect(address)
    except BlockingIOError:
        pass
    else:
        return
    loop = asyncio.get_running_loop()
    decided = asyncio.Event()
    loop.add_writer(sock, decided.set)
    try:
        await decided.wait()
    finally:
        loop.remove_writer(sock)
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, f"{os.strerror(code)}: {address}")
