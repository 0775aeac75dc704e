"""One listening socket at work."""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
from typing import TYPE_CHECKING

from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.tls import HANDSHAKE_TIMEOUT

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_log = logging.getLogger("etesian.application")


class Listener:
    """Accepts on a listening socket as soon as the loop runs, until it is stopped.

    ``factory`` makes the protocol of each connection. The socket belongs to
    the listener.
    """

    def __init__(
        self,
        sock: sockets.socket,
        factory: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext | None,
        backlog: int,
    ) -> None:
        self._socket = sock
        self._factory = factory
        self._context = context
        self._backlog = backlog
        self._task: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None
        self._stopped = False
        # Not a task yet: one that never ran, because its loop did not, would be complained about.
        running_or_pending_loop().call_soon(self._start)

    def stop(self) -> None:
        """Stop accepting and close the socket; allowed before the loop ran, and twice."""
        self._stopped = True
        if self._server is not None:
            self._server.close()
        elif self._task is None or self._task.done():
            self._socket.close()

    def _start(self) -> None:
        if not self._stopped:
            self._task = asyncio.get_running_loop().create_task(self._accept())

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        is_unix = self._socket.family == sockets.AF_UNIX
        create = loop.create_unix_server if is_unix else loop.create_server
        handshake_timeout = None if self._context is None else HANDSHAKE_TIMEOUT
        try:
            self._server = await create(
                self._factory,
                sock=self._socket,
                backlog=self._backlog,
                ssl=self._context,
                ssl_handshake_timeout=handshake_timeout,
            )
        except OSError:
            _log.exception("Cannot accept on %r", self._socket)
            self._socket.close()
            return
        if self._stopped:
            self._server.close()
