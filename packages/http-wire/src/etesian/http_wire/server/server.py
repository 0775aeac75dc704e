"""The HTTP server: sockets, settings, and the connections that are open."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, cast

from etesian.http_wire.by_hand.stream_transport import StreamTransport
from etesian.http_wire.server.callback_delegate import CallbackDelegate
from etesian.http_wire.server.connection import ServerConnection
from etesian.http_wire.server.deadlines import Deadlines
from etesian.http_wire.server.handover import HandedOver
from etesian.http_wire.server.open_connections import OpenConnections, usual_limit
from etesian.http_wire.server.settings import ConnectionSettings
from etesian.http_wire.wire.policy import STRICT
from etesian.streams.interface import TCPServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Mapping

    from etesian.http_wire.interface import (
        HTTPConnection,
        HTTPMessageDelegate,
        HTTPServerConnectionDelegate,
    )
    from etesian.http_wire.request import HTTPServerRequest
    from etesian.http_wire.server.endable_connection import EndableConnection
    from etesian.http_wire.server.settings import Networks
    from etesian.http_wire.wire.policy import WirePolicy
    from etesian.streams.interface import IOStream

    RequestCallback = HTTPServerConnectionDelegate | Callable[[HTTPServerRequest], object]


class HTTPServer(TCPServer):
    """Serves HTTP/1.1 on as many sockets as wanted.

    ``request_callback`` is a delegate (an ``Application``, a router, anything
    with ``start_request``) or a function of one whole request, which writes its
    answer to ``request.connection``.

    Args:
        no_keep_alive: close after every response.
        xheaders: take the client's address from ``X-Real-Ip`` or
            ``X-Forwarded-For`` and the scheme from ``X-Scheme`` or
            ``X-Forwarded-Proto``. Only behind a proxy that sets them: anybody
            else's word for it is worth nothing.
        trusted_downstream: addresses or networks (``10.0.0.0/8``) of proxies
            that are skipped from the right of ``X-Forwarded-For``.
        trusted_peers: addresses or networks of the peers that ``xheaders``
            believes; what others say is ignored. ``None`` for all. Who
            connects to a Unix socket is always believed.
        protocol: ``http`` or ``https``, where a proxy ends TLS.
        ssl_options: an ``SSLContext``, or a mapping as ``TCPServer`` takes it.
        decompress_request: decode gzip and deflate bodies; the limit of the
            body's size holds for what comes out.
        chunk_size: octets that a delegate is handed at most at once; 64 KiB.
        max_header_size: octets of a request's head; 64 KiB.
        max_body_size: octets of a request's body, streamed or not; as
            ``max_buffer_size``.
        max_buffer_size: 100 MiB.
        idle_connection_timeout: seconds between requests; 3600.
        body_timeout: seconds a body may take as a whole; no limit.
        policy: every other limit, and what the arguments above leave unsaid.
    """

    def __init__(
        self,
        request_callback: RequestCallback,
        *,
        no_keep_alive: bool = False,
        xheaders: bool = False,
        ssl_options: Mapping[str, Any] | ssl.SSLContext | None = None,
        protocol: str | None = None,
        decompress_request: bool = False,
        chunk_size: int | None = None,
        max_header_size: int | None = None,
        idle_connection_timeout: float | None = None,
        body_timeout: float | None = None,
        max_body_size: int | None = None,
        max_buffer_size: int | None = None,
        trusted_downstream: Collection[str] | None = None,
        trusted_peers: Collection[str] | None = None,
        policy: WirePolicy = STRICT,
    ) -> None:
        super().__init__(ssl_options, max_buffer_size, chunk_size)
        given = {
            "chunk_size": chunk_size,
            "max_header_size": max_header_size,
            "idle_timeout": idle_connection_timeout,
            "body_timeout": body_timeout,
            "max_body_size": max_buffer_size if max_body_size is None else max_body_size,
        }
        self._settings = ConnectionSettings(
            policy=replace(policy, **{k: v for k, v in given.items() if v is not None}),  # type: ignore[arg-type]
            no_keep_alive=no_keep_alive,
            decompress=decompress_request,
            xheaders=xheaders,
            trusted_downstream=_networks(trusted_downstream or ()),
            trusted_peers=None if trusted_peers is None else _networks(trusted_peers),
            protocol=protocol,
        )
        self.request_callback = _as_delegate(request_callback)
        self._deadlines = Deadlines(self._settings.policy.shortest_timeout)
        self._handed_over = HandedOver()
        limit = self._settings.policy.max_connections
        limit = usual_limit() if limit is None else limit
        self._connections = OpenConnections(limit, self._deadlines, self._handed_over)
        self._all_closed: asyncio.Future[None] | None = None
        self._is_draining = False
        # A subclass may have its own idea of these; otherwise one call less for every request.
        own = type(self)
        overridden = (
            own.start_request is not HTTPServer.start_request
            or own.on_close is not HTTPServer.on_close
        )
        self._delegate: HTTPServerConnectionDelegate = self if overridden else self.request_callback

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        """Give the delegate of the next request; may be overridden."""
        return self.request_callback.start_request(server_conn, request_conn)

    def on_close(self, server_conn: object) -> None:
        """Take the news that a connection ended; may be overridden."""
        self.request_callback.on_close(server_conn)

    def create_protocol(self) -> asyncio.BaseProtocol:
        """Make what one accepted connection feeds."""
        return ServerConnection(
            self._delegate,
            self._settings,
            self._deadlines,
            on_begin=self._connection_begins,
            on_end=self._connections_end,
        )

    async def handle_stream(self, stream: IOStream, address: object) -> None:
        """Serve a stream that somebody else has accepted, until it ends.

        ``address`` is the peer's, as ``socket.accept`` gives it.
        """
        connection = self.create_protocol()
        transport = StreamTransport(stream, {"peername": address})
        await transport.pump(cast("ServerConnection", connection))

    def _connection_begins(self, connection: EndableConnection) -> None:
        self._connections.add(connection)
        if self._is_draining:
            connection.begin_drain()

    def _connections_end(self, connection: EndableConnection) -> None:
        self._connections.discard(connection)
        if connection.has_left_http:
            self._handed_over.add(connection.transport)
        if not self._connections and self._all_closed is not None:
            if not self._all_closed.done():
                self._all_closed.set_result(None)
            self._all_closed = None

    async def drain(self, within: float, *, idle_grace: float = 0.0) -> None:
        """Stop accepting, let requests in progress end, and then close.

        A response that has not begun says ``Connection: close``; one in progress is told,
        where it asked for that (``call_on_drain``). Idle connections close after
        ``idle_grace`` seconds of the ``within``: a request that is on its way by then is
        answered still, where it would otherwise find the connection closed. What is not
        done after ``within`` seconds is cut. Connections that have left HTTP are told, and
        waited for, where their protocol can be (``switch_protocol``); others go on.
        """
        self.stop()
        self._is_draining = True
        try:
            async with asyncio.timeout(within):
                self._handed_over.begin_drain()
                await self._wait_for_last_requests(idle_grace)
                for connection in self._connections:
                    connection.close_when_idle()
                await self._wait_closed()
                # Again, for those that a last request has handed over.
                await asyncio.gather(*self._handed_over.begin_drain())
        except TimeoutError:
            self._cut_connections()
            await self._wait_closed()
        finally:
            self._is_draining = False

    async def _wait_for_last_requests(self, idle_grace: float) -> None:
        for connection in [*self._connections]:  # who is told may end one
            connection.begin_drain()
        if idle_grace > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(idle_grace):
                    # Who was just accepted is no connection yet, and may have sent a request.
                    await self.finish_accepting()
                    await self._wait_closed()

    async def close_all_connections(self) -> None:
        """Cut every open connection, and wait until all that speak HTTP are closed.

        Those that have left HTTP, WebSockets among them, are cut too; their owners learn
        of it in one of the next steps of the loop. Does not stop accepting: call
        :meth:`stop` before. Cancelling it leaves the connections closing.
        """
        self._handed_over.abort()
        self._cut_connections()
        await self._wait_closed()

    def _cut_connections(self) -> None:
        for connection in self._connections:
            connection.abort()

    async def _wait_closed(self) -> None:
        while self._connections:
            if self._all_closed is None:
                self._all_closed = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._all_closed)


def create_server(request_callback: RequestCallback, **options: Any) -> HTTPServer:
    """Give an :class:`HTTPServer`; ``options`` are those of that class."""
    return HTTPServer(request_callback, **options)


def _networks(texts: Collection[str]) -> Networks:
    return tuple(ip_network(text) for text in texts)


def _as_delegate(callback: RequestCallback) -> HTTPServerConnectionDelegate:
    if hasattr(callback, "start_request"):
        return cast("HTTPServerConnectionDelegate", callback)
    return CallbackDelegate(callback)
