"""One listening socket at work."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket as sockets
import sys
from typing import TYPE_CHECKING, Any

from etesian.streams.accept import add_accept_handler
from etesian.streams.heap_reserve import keep_heap_reserve
from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.proxy_gate import ProxyGate
from etesian.streams.sockets import DEFAULT_BACKLOG

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from etesian.streams.proxy_gate import ProxyPolicy

# Connections. What asyncio calls the backlog is also how many it accepts before anything else
# runs, so that a long queue in the kernel must not be a long stop of the loop.
_ACCEPTED_AT_ONCE = 128

_log = logging.getLogger("etesian.application")


class Listener:
    """Accepts on a listening socket as soon as the loop runs, until it is stopped.

    ``factory`` makes the protocol of each connection, after the PROXY header
    where ``proxy`` says that there is one. The socket belongs to the listener, and
    has room for ``backlog`` connections that wait. ``connecting`` holds the tasks that bring
    accepted connections to their protocols, where the loop does not do so at once.
    """

    def __init__(
        self,
        sock: sockets.socket,
        factory: Callable[[], asyncio.BaseProtocol],
        *,
        context: ssl.SSLContext | None,
        handshake_timeout: float,
        proxy: ProxyPolicy | None = None,
        backlog: int = DEFAULT_BACKLOG,
        connecting: set[asyncio.Task[None]] | None = None,
    ) -> None:
        self._socket = sock
        self._make = factory
        self._context = context
        self._proxy = proxy
        self._backlog = backlog
        self._handshake_timeout = handshake_timeout
        self._task: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None
        self._stop_accepting: Callable[[], None] | None = None
        self._connecting = set() if connecting is None else connecting
        self._stopped = False
        if sock.family != sockets.AF_UNIX:
            # Connections inherit it. asyncio sets it itself, but only on those whose socket
            # object knows its protocol, which depends on how the listening one was made.
            sock.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        # Not a task yet: one that never ran, because its loop did not, would be complained about.
        running_or_pending_loop().call_soon(self._start)

    def stop(self) -> None:
        """Stop accepting and close the socket; allowed before the loop ran, and twice."""
        self._stopped = True
        if self._stop_accepting is not None:
            self._stop_accepting()
        if self._server is not None:
            self._server.close()
        elif self._task is None or self._task.done():
            self._socket.close()

    def _start(self) -> None:
        if self._stopped:
            return
        keep_heap_reserve()
        loop = asyncio.get_running_loop()
        # asyncio's own way to accept logs a traceback for each of its attempts, more than a
        # hundred in a row, while no descriptor is left.
        if isinstance(loop, asyncio.SelectorEventLoop):
            self._listen()
            self._stop_accepting = add_accept_handler(self._socket, self._take)
        else:
            self._task = loop.create_task(self._serve(loop))

    def _listen(self) -> None:
        self._socket.setblocking(False)
        self._socket.listen(self._backlog)

    def _take(self, connection: sockets.socket, _address: object) -> None:
        task = asyncio.get_running_loop().create_task(self._connect(connection))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, connection: sockets.socket) -> None:
        loop = asyncio.get_running_loop()
        # A peer that leaves, or whose handshake fails, is no news; the transport closes itself.
        with contextlib.suppress(OSError):
            await loop.connect_accepted_socket(sock=connection, **self._connection_options())

    def _connection_options(self) -> dict[str, Any]:
        """Give how the loop makes a connection of an accepted socket."""
        factory, context = self._factory, self._context
        if self._proxy is not None:
            # The header comes first, in the clear: TLS begins behind it.
            factory, context = self._make_gate, None
        # asyncio refuses a handshake timeout where there is no handshake.
        timeout = None if context is None else self._handshake_timeout
        return {"protocol_factory": factory, "ssl": context, "ssl_handshake_timeout": timeout}

    async def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        is_unix = self._socket.family == sockets.AF_UNIX
        create = loop.create_unix_server if is_unix else loop.create_server
        options = self._connection_options()
        if is_unix and sys.version_info >= (3, 13):
            # Other processes may listen on the same socket, which would lose its name.
            options["cleanup_socket"] = False
        try:
            self._server = await create(sock=self._socket, backlog=_ACCEPTED_AT_ONCE, **options)
            if self._socket.fileno() != -1:
                self._listen()
        except OSError:
            _log.exception("Cannot accept on %r", self._socket)
            self._socket.close()
            return
        if self._stopped:
            self._server.close()

    def _factory(self) -> asyncio.BaseProtocol:
        """Make the protocol of a connection, one that ends it where that fails.

        uvloop would accept nothing any more after an error.
        """
        try:
            return self._make()
        except Exception:  # noqa: BLE001  # the factory may raise anything, and it is logged
            _log.exception("Cannot make the protocol of a connection")
            return _Refusal()

    def _make_gate(self) -> asyncio.BaseProtocol:
        assert self._proxy is not None  # noqa: S101 - the factory only where there is one
        return ProxyGate(self._factory, self._proxy, self._context, self._handshake_timeout)


class _Refusal(asyncio.Protocol):
    """Ends a connection that has no protocol."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.abort()  # type: ignore[attr-defined]  # uvloop's derives from nothing
