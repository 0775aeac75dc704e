"""Listening TCP sockets."""

from __future__ import annotations

import errno
import socket

from etesian.streams.connecting import require_port

# Connections. How many may wait in the kernel to be accepted; what listen() takes on most systems.
DEFAULT_BACKLOG = 128


def bind_sockets(  # noqa: PLR0917 - the documented signature
    port: int,
    address: str | None = None,
    family: socket.AddressFamily = socket.AF_UNSPEC,
    backlog: int = DEFAULT_BACKLOG,
    flags: int | None = None,
    reuse_port: bool = False,
) -> list[socket.socket]:
    """Give sockets that listen on ``port``, one for each address that ``address`` names.

    ``address`` is an IP address or a name; ``None`` and ``""`` stand for all
    interfaces, IPv4 and IPv6 where the machine has it. Port 0 picks a free
    port, the same for all of them. ``flags`` are those of ``getaddrinfo``.
    ``reuse_port`` lets several processes listen on the same port
    (``SO_REUSEPORT``); ``ValueError`` where the system cannot.

    Raises ``OSError`` when an address cannot be bound; no socket stays open. A
    port above 65535 is an ``OverflowError``.
    """
    require_port(port)
    if reuse_port and not hasattr(socket, "SO_REUSEPORT"):
        raise ValueError("this system has no SO_REUSEPORT")
    if flags is None:
        flags = socket.AI_PASSIVE
    found = socket.getaddrinfo(
        address or None, port, family, socket.SOCK_STREAM, socket.IPPROTO_TCP, flags
    )
    listening: list[socket.socket] = []
    try:
        # Some systems list an address twice; IPv4 goes first, so that port 0 is chosen for it.
        for one_family, *_, sockaddr in sorted(set(found), key=lambda entry: entry[0]):
            chosen = _with_port_of(sockaddr, listening) if port == 0 else sockaddr
            try:
                listening.append(_listen(one_family, chosen, backlog, reuse_port=reuse_port))
            except OSError as error:
                if not _is_absent(one_family, error):
                    raise
    except BaseException:
        for sock in listening:
            sock.close()
        raise
    if not listening:
        raise OSError(errno.EADDRNOTAVAIL, f"no address of {address!r} can be bound")
    return listening


def _with_port_of(sockaddr: tuple[object, ...], earlier: list[socket.socket]) -> tuple[object, ...]:
    if not earlier:
        return sockaddr
    return (sockaddr[0], earlier[0].getsockname()[1], *sockaddr[2:])


def _is_absent(family: int, error: OSError) -> bool:
    """Tell whether ``error`` means that this machine has no IPv6, though it may list ``::``."""
    return family == socket.AF_INET6 and error.errno in (
        errno.EAFNOSUPPORT,
        errno.EADDRNOTAVAIL,
    )


def _listen(
    family: int, sockaddr: tuple[object, ...], backlog: int, *, reuse_port: bool
) -> socket.socket:
    # Sockets of Python are close-on-exec (PEP 446): children do not inherit them by accident.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # IPv4 has its own socket: the two must not compete for one port.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind(sockaddr)
        sock.listen(backlog)
    except BaseException:
        sock.close()
        raise
    return sock
