"""Streams over sockets."""

from __future__ import annotations

import asyncio
import os
import socket as sockets
from typing import TYPE_CHECKING, Any, Self

from etesian.streams.base_iostream import BaseIOStream
from etesian.streams.connecting import connect_socket
from etesian.streams.handshake_future import HandshakeFuture
from etesian.streams.heap_reserve import keep_heap_reserve
from etesian.streams.interface import StreamClosedError
from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.tls import (
    HANDSHAKE_TIMEOUT,
    require_server_name,
    ssl_options_to_context,
)
from etesian.streams.tls_upgrade import HANDSHAKE_RECORD, upgrade_to_tls

if TYPE_CHECKING:
    import ssl

    from etesian.streams.ssl_iostream import SSLIOStream
    from etesian.streams.tls import SSLOptions


class IOStream(BaseIOStream):
    """A stream over a TCP or Unix socket.

    ``IOStream(socket)`` takes a connected socket over, or a new one for
    :meth:`connect`. The transport is opened by the first operation that needs
    it, on the loop that runs then. ``IOStream(None)`` gets its transport by
    ``connection_made``: a protocol factory for ``create_connection``.
    """

    _opening: asyncio.Task[None] | None = None
    _is_connected = False

    def __init__(
        self,
        socket: sockets.socket | None,
        max_buffer_size: int | None = None,
        read_chunk_size: int | None = None,
        max_write_buffer_size: int | None = None,
    ) -> None:
        super().__init__(max_buffer_size, read_chunk_size, max_write_buffer_size)
        self._socket = socket
        if socket is not None:
            socket.setblocking(False)

    @classmethod
    def _without_transport(cls, **options: Any) -> Self:
        return cls(None, **options)

    @property
    def socket(self) -> sockets.socket:
        """The socket: for its options and addresses only, its bytes belong to the stream.

        Raises :class:`StreamClosedError` when there is none any more.
        """
        if self._socket is None:
            raise StreamClosedError(real_error=self.error)
        return self._socket

    def fileno(self) -> int:
        """Give the descriptor of the socket."""
        return self.socket.fileno()

    def set_nodelay(self, value: bool) -> None:
        """Send small writes at once (the default), or let the kernel collect them.

        Does nothing on a Unix socket or where the connection is lost.
        """
        if self._socket is None or self._socket.family == sockets.AF_UNIX:
            return
        try:
            self._socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, int(value))
        except OSError:
            # The kernel refuses options of a connection that was reset; reading will tell.
            return

    # Connecting

    def connect(self, address: Any, server_hostname: str | None = None) -> asyncio.Future[Self]:
        """Connect to ``address`` and give the stream itself.

        Writes are allowed before that and are sent when it is connected.
        ``server_hostname`` is what a TLS stream checks the certificate for and
        sends as SNI. Fails with :class:`StreamClosedError`, whose
        ``real_error`` (and :attr:`error`) says why.
        """
        connected: asyncio.Future[Self] = running_or_pending_loop().create_future()

        def finish(_: asyncio.Task[None]) -> None:
            if connected.done():
                return
            if self._transport is not None:
                connected.set_result(self)
            else:
                connected.set_exception(StreamClosedError(real_error=self.error))
                # The close callback tells it too; nobody has to await this future.
                connected.exception()

        self._begin_opening(address, server_hostname).add_done_callback(finish)
        return connected

    def _attach(self) -> None:
        if self._opening is not None or self._socket is None or self._closed:
            return
        try:
            self._socket.getpeername()
        except OSError:
            # Not connected: it is opened by connect().
            return
        self._begin_opening(None, None)

    def _begin_opening(self, address: Any, server_hostname: str | None) -> asyncio.Task[None]:
        sock = self.socket
        self._is_connected = address is None

        def finish(_: asyncio.Task[None]) -> None:
            if self._transport is None and not self._lost:
                sock.close()

        self._opening = running_or_pending_loop().create_task(self._open(address, server_hostname))
        # Not inside the task: one that is cancelled before it began never runs at all.
        self._opening.add_done_callback(finish)
        return self._opening

    async def _open(self, address: Any, server_hostname: str | None) -> None:
        """Connect if an address is given, then put a transport on the socket."""
        loop = asyncio.get_running_loop()
        try:
            if address is not None:
                await connect_socket(self.socket, address)
            self.set_nodelay(True)
            await self._open_transport(loop, self.socket, server_hostname)
        except Exception as error:  # noqa: BLE001 - an address that is none raises anything
            self._close(error)
            self._writer.fail(error)

    async def _open_transport(
        self, loop: asyncio.AbstractEventLoop, sock: sockets.socket, _hostname: str | None
    ) -> None:
        await loop.connect_accepted_socket(lambda: self, sock)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start on ``transport`` (asyncio.Protocol)."""
        self._socket = transport.get_extra_info("socket")
        keep_heap_reserve()
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note that nothing goes in or out any more (asyncio.Protocol)."""
        self._socket = None
        super().connection_lost(exc)

    def _abandon(self) -> None:
        opening = self._opening is not None and not self._opening.done()
        if opening and self._is_connected and self._writer.waiting and self.error is None:
            # Its transport will send what was written, and then close.
            return
        super()._abandon()

    def _close_unopened(self) -> None:
        if self._opening is not None and not self._opening.done():
            # It closes the socket itself: the loop must stop watching it first.
            self._opening.cancel()
        elif self._socket is not None:
            self._socket.close()
            self._socket = None

    def get_fd_error(self) -> Exception | None:
        """Give the error that the kernel holds for the socket, and clear it there."""
        code = self.socket.getsockopt(sockets.SOL_SOCKET, sockets.SO_ERROR)
        return OSError(code, os.strerror(code)) if code else None

    # TLS on a connection that began without

    def start_tls(
        self,
        server_side: bool,
        ssl_options: SSLOptions = None,
        server_hostname: str | None = None,
    ) -> asyncio.Future[SSLIOStream]:
        """Begin TLS on this connection and give the stream that goes on with it.

        This stream is finished then: its close callback has moved. Without
        ``ssl_options`` a client checks the certificate against the system's
        authorities, and against ``server_hostname`` always.

        Raises ``ValueError`` when a client is to check a name and is told none,
        when a read or write is pending, or when bytes are unread that are not
        the client's first message of TLS: sent before TLS began, nothing
        protects them, and they must not be taken for protected ones. Fails
        with :class:`StreamClosedError` when the handshake does, or takes more
        than 30 s.
        """
        if self._closed or self._lost:
            raise StreamClosedError(real_error=self.error)
        # Answers that wait for others to join them.
        self._writer.flush()
        early = self._reader.buffer
        unexpected = early.size and not (server_side and early.starts_with(HANDSHAKE_RECORD))
        # What a transport has was written before TLS, and is sent before it.
        unsent = self.writing() if self._transport is None else not self._writer.drained
        if self.reading() or unsent or unexpected:
            raise ValueError("start_tls needs an idle stream: no pending or unread bytes")
        context = ssl_options_to_context(ssl_options, server_side=server_side)
        if not server_side:
            require_server_name(context, server_hostname)
        if self._transport is not None:
            # From here on the bytes are those of TLS.
            self._transport.pause_reading()
        handshake = self._start_tls(context, server_side, server_hostname)
        return HandshakeFuture.of(handshake, running_or_pending_loop())

    async def _start_tls(
        self, context: ssl.SSLContext, server_side: bool, server_hostname: str | None
    ) -> SSLIOStream:
        from etesian.streams.ssl_iostream import SSLIOStream  # noqa: PLC0415 - it derives from this

        if self._closed or self._lost:
            # Since start_tls() was called: this runs a turn later.
            raise StreamClosedError(real_error=self.error)
        transport = self._transport
        raw = self._socket if transport is None else None
        secured = SSLIOStream(
            raw,
            max_buffer_size=self.max_buffer_size,
            read_chunk_size=self.read_chunk_size,
            max_write_buffer_size=self.max_write_buffer_size,
            ssl_options=context,
            server_side=server_side,
            server_hostname=server_hostname,
        )
        secured.write_timeout = self.write_timeout
        secured._close_callback, self._close_callback = self._close_callback, None  # noqa: SLF001
        received = self._reader.buffer.take(self._reader.buffer.size)
        self._leave_transport()
        if transport is None:
            return await secured.wait_for_handshake()
        try:
            await upgrade_to_tls(
                transport,
                secured,
                context,
                server_side=server_side,
                server_hostname=server_hostname,
                handshake_timeout=HANDSHAKE_TIMEOUT,
                received=received,
            )
        except (OSError, ValueError) as error:
            secured._close(error)  # noqa: SLF001 - of our own kind
            raise StreamClosedError(real_error=error) from error
        return secured

    def _leave_transport(self) -> None:
        """Be closed without closing the transport, which another stream uses now."""
        self._stop_stall_timer()
        self._transport = self._socket = None
        self._lost = True
        self._close(None)
