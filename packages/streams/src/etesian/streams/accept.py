"""Accepting without a server: each connection goes to a callback."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from etesian.streams.pending_loop import running_or_pending_loop

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_log = logging.getLogger("etesian.general")

# Connections. How many are accepted in one turn of the loop: a flood of them must not keep the
# loop from serving those that are there.
_ACCEPTS_PER_TURN = 128

# Seconds. How long nothing is accepted after the system refused to: time for others to close.
_PAUSE = 1.0


def add_accept_handler(
    sock: socket.socket, callback: Callable[[socket.socket, Any], object]
) -> Callable[[], None]:
    """Call ``callback(connection, address)`` for each connection that ``sock`` accepts.

    ``sock`` must listen and be non-blocking; so is ``connection``, which
    belongs to the callback. Give a function that stops this; it leaves
    ``sock`` open and may be called twice. Connections that were aborted
    before they could be accepted are passed over; when the system refuses
    (no descriptor is left), that is tried again after a second, and logged
    once until it succeeds.
    """
    acceptor = _Acceptor(sock, callback)
    acceptor.resume()
    return acceptor.stop


class _Acceptor:
    """Watches one listening socket."""

    def __init__(
        self, sock: socket.socket, callback: Callable[[socket.socket, Any], object]
    ) -> None:
        self._socket = sock
        self._callback = callback
        self._loop = running_or_pending_loop()
        self._stopped = False
        self._refused = False

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._loop.remove_reader(self._socket)

    def resume(self) -> None:
        if not self._stopped:
            self._loop.add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        for _ in range(_ACCEPTS_PER_TURN):
            if self._stopped:
                return
            try:
                connection, address = self._socket.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                self._pause(error)
                return
            self._refused = False
            connection.setblocking(False)
            self._callback(connection, address)

    def _pause(self, error: OSError) -> None:
        # Most often no descriptor is left, which would come back at once and for ever.
        if not self._refused:
            self._refused = True
            _log.warning("cannot accept: %s", error)
        self._loop.remove_reader(self._socket)
        self._loop.call_later(_PAUSE, self.resume)
