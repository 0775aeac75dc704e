"""Accepting without a server: each connection goes to a callback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etesian.streams.pending_loop import running_or_pending_loop

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

# Connections. How many are accepted in one turn of the loop: a flood of them must not keep the
# loop from serving those that are there.
_ACCEPTS_PER_TURN = 128


def add_accept_handler(
    sock: socket.socket, callback: Callable[[socket.socket, Any], object]
) -> Callable[[], None]:
    """Call ``callback(connection, address)`` for each connection that ``sock`` accepts.

    ``sock`` must listen and be non-blocking; so is ``connection``, which
    belongs to the callback. Give a function that stops this; it leaves
    ``sock`` open and may be called twice. Connections that were aborted
    before they could be accepted are passed over.
    """
    loop = running_or_pending_loop()

    def accept() -> None:
        for _ in range(_ACCEPTS_PER_TURN):
            if stopped:
                return
            try:
                connection, address = sock.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            connection.setblocking(False)
            callback(connection, address)

    stopped: list[bool] = []

    def stop() -> None:
        if not stopped:
            stopped.append(True)
            loop.remove_reader(sock)

    loop.add_reader(sock, accept)
    return stop
