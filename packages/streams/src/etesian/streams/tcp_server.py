"""Servers: listening sockets and the connections they accept."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import socket
import ssl
from typing import TYPE_CHECKING, Any

from etesian.core_loop import interface as core_loop
from etesian.streams.close_callback import run_logged
from etesian.streams.iostream import IOStream
from etesian.streams.listener import Listener
from etesian.streams.proxy_gate import ProxyPolicy
from etesian.streams.sockets import DEFAULT_BACKLOG, bind_sockets
from etesian.streams.ssl_iostream import SSLIOStream
from etesian.streams.tls import HANDSHAKE_TIMEOUT, ssl_options_to_context

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping

    from etesian.streams.proxy_gate import Mode
    from etesian.streams.tls import SSLOptions

# Seconds. How long a peer may take nothing of what is written to it: what web servers wait by
# default, and several times what TCP needs to recover from a loss.
WRITE_TIMEOUT = 60.0

_log = logging.getLogger("etesian.application")


class TCPServer:
    """Accepts connections; subclass it and say what to do with them.

    Override :meth:`handle_stream` to read and write a stream, or
    :meth:`create_protocol` to have an ``asyncio.Protocol`` of your own fed by
    each connection. ``ssl_options`` (see :func:`ssl_options_to_context`) make
    all connections TLS; the handshake may take ``handshake_timeout`` seconds
    and is done before a connection is made. The sizes are those of
    :class:`IOStream`.

    A stream whose peer takes nothing of what was written for ``write_timeout``
    seconds is closed (see :attr:`IOStream.write_timeout`); ``None`` waits for ever.

    The sockets listen when :meth:`listen`, :meth:`add_sockets` or
    :meth:`start` returns. Connections are accepted as soon as the loop runs:
    the running one, or else the one that ``IOLoop.current().start()`` will run.

    ``proxy_protocol`` says that the server is behind a proxy which begins each
    connection with a PROXY header (version 1 or 2): ``"require"`` refuses
    connections without one, ``"accept"`` does not (a trusted proxy that sends
    nothing is served after 5 s). It is believed from
    ``trusted_proxies`` alone, addresses or networks (``"10.0.0.0/8"``), and the
    addresses it tells are those that handlers and protocols see.

    Raises ``ValueError`` when ``ssl_options`` name files that do not exist,
    and when ``proxy_protocol`` comes without ``trusted_proxies``.
    """

    def __init__(
        self,
        ssl_options: SSLOptions = None,
        max_buffer_size: int | None = None,
        read_chunk_size: int | None = None,
        *,
        handshake_timeout: float = HANDSHAKE_TIMEOUT,
        write_timeout: float | None = WRITE_TIMEOUT,
        proxy_protocol: Mode | None = None,
        trusted_proxies: Iterable[str] = (),
    ) -> None:
        self.handshake_timeout = handshake_timeout
        self.write_timeout = write_timeout
        self.ssl_options = ssl_options
        self.max_buffer_size = max_buffer_size
        self.read_chunk_size = read_chunk_size
        self._context = None if ssl_options is None else _server_context(ssl_options)
        self._proxy = ProxyPolicy.of(proxy_protocol, trusted_proxies) if proxy_protocol else None
        self._bound: list[tuple[socket.socket, int]] = []
        self._listeners: list[Listener] = []
        # Accepted, and on the way to their protocols.
        self._connecting: set[asyncio.Task[None]] = set()
        self._started = False

    # Sockets

    def listen(  # noqa: PLR0917 - the documented signature
        self,
        port: int,
        address: str | None = None,
        family: socket.AddressFamily = socket.AF_UNSPEC,
        backlog: int = DEFAULT_BACKLOG,
        flags: int | None = None,
        reuse_port: bool = False,
    ) -> None:
        """Listen on ``port`` and accept; the arguments are those of :func:`bind_sockets`.

        May be called several times, for several ports.
        """
        found = bind_sockets(port, address, family, backlog, flags, reuse_port)
        self.add_sockets(found, backlog=backlog)

    def bind(  # noqa: PLR0917 - the documented signature
        self,
        port: int,
        address: str | None = None,
        family: socket.AddressFamily = socket.AF_UNSPEC,
        backlog: int = DEFAULT_BACKLOG,
        flags: int | None = None,
        reuse_port: bool = False,
    ) -> None:
        """Listen on ``port`` but accept only after :meth:`start`; repeatable before it."""
        found = bind_sockets(port, address, family, backlog, flags, reuse_port)
        if self._started:
            self.add_sockets(found, backlog=backlog)
        else:
            self._bound.extend((sock, backlog) for sock in found)

    def start(self, num_processes: int | None = 1, max_restarts: int | None = None) -> None:
        """Accept on the bound sockets, in this process or in ``num_processes`` forked ones.

        ``None`` or a number below 1 is one process per processor. Forking must
        come before any loop is made in this process, and is for production
        only: nothing reloads. A worker that dies is replaced at most
        ``max_restarts`` times. To be called once per server.
        """
        if self._started:
            raise RuntimeError("the server has been started")
        self._started = True
        if num_processes != 1:
            core_loop.fork_processes(num_processes, max_restarts)
        bound, self._bound = self._bound, []
        for sock, backlog in bound:
            self.add_sockets([sock], backlog=backlog)

    def add_sockets(
        self, sockets: Iterable[socket.socket], *, backlog: int = DEFAULT_BACKLOG
    ) -> None:
        """Accept on listening ``sockets``, which belong to the server from now on.

        They listen anew, for up to ``backlog`` connections that wait to be accepted: a socket
        does not tell what it was before.
        """
        for sock in sockets:
            self._listeners.append(
                Listener(
                    sock,
                    self.create_protocol,
                    context=self._context,
                    handshake_timeout=self.handshake_timeout,
                    proxy=self._proxy,
                    backlog=backlog,
                    connecting=self._connecting,
                )
            )

    def add_socket(self, socket: socket.socket) -> None:
        """Accept on one listening ``socket``."""
        self.add_sockets([socket])

    def stop(self) -> None:
        """Close the listening sockets; connections go on. May be called twice."""
        for sock, _ in self._bound:
            sock.close()
        self._bound.clear()
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.stop()

    async def finish_accepting(self) -> None:
        """Wait until what was accepted is connected or has failed: after :meth:`stop`.

        With TLS that is the handshake, where the loop lets it be waited for: asyncio's own does,
        uvloop does not.
        """
        if self._connecting:
            await asyncio.wait(self._connecting)

    # Connections

    def create_protocol(self) -> asyncio.BaseProtocol:
        """Make what one accepted connection feeds: here, a stream for :meth:`handle_stream`.

        Called once per connection, with TLS when the handshake is done or
        before, as the loop likes; ``connection_made`` follows the handshake.
        """
        kind = _AcceptedStream if self._context is None else _AcceptedSSLStream
        return kind(self)

    def handle_stream(self, stream: IOStream, address: Any) -> Awaitable[None] | None:
        """Serve one connection: override it, as a plain method or as a coroutine.

        ``address`` is the peer's, as ``socket.accept`` gives it. A coroutine
        runs as a task of its own; other connections are accepted meanwhile.
        Errors are logged on ``etesian.application`` and close nothing: the
        stream closes when the method says so.
        """
        raise NotImplementedError

    def _serve(self, stream: IOStream) -> None:
        """Hand a connection to its handler."""
        transport = stream._transport  # noqa: SLF001 - of this package
        address = transport.get_extra_info("peername") if transport is not None else None
        try:
            result = self.handle_stream(stream, address)
        except Exception:  # noqa: BLE001 - whatever the user's code raises
            _log.exception("Error in the connection handler of %r", address)
            return
        if inspect.isawaitable(result):
            run_logged(result, f"connection handler of {address!r}")


class _AcceptedStream(IOStream):
    """A stream that hands itself to the server when its connection is made."""

    def __init__(self, server: TCPServer) -> None:
        super().__init__(None, server.max_buffer_size, server.read_chunk_size)
        self.write_timeout = server.write_timeout
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._server._serve(self)  # noqa: SLF001 - two parts of one thing


class _AcceptedSSLStream(_AcceptedStream, SSLIOStream):
    """The same over TLS."""


def _server_context(ssl_options: Mapping[str, Any] | ssl.SSLContext) -> ssl.SSLContext:
    """Make the context; a server without its certificate is refused at once, by name."""
    if not isinstance(ssl_options, ssl.SSLContext):
        if not ssl_options.get("certfile"):
            raise ValueError("ssl_options of a server need a certfile")
        for option in ("certfile", "keyfile", "ca_certs"):
            file = ssl_options.get(option)
            if file is not None and not os.path.exists(file):  # noqa: PTH110 - any kind of path
                raise ValueError(f"{option} {file!r} does not exist")
    return ssl_options_to_context(ssl_options, server_side=True)
