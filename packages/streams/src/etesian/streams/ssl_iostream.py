"""Streams over TLS."""

from __future__ import annotations

import socket as sockets
import ssl
from typing import TYPE_CHECKING, Any, Self

from etesian.streams.interface import StreamClosedError
from etesian.streams.iostream import IOStream
from etesian.streams.pending_loop import running_or_pending_loop
from etesian.streams.tls import (
    HANDSHAKE_TIMEOUT,
    require_server_name,
    ssl_options_to_context,
)

if TYPE_CHECKING:
    import asyncio

    from etesian.streams.tls import SSLOptions


class SSLIOStream(IOStream):
    """A stream over a TLS connection.

    ``socket`` is a plain one, for :meth:`connect` or connected to a peer, where
    ``server_side`` says who we are and ``server_hostname`` who the peer must
    be; or an ``SSLSocket`` whose handshake has not been done
    (``do_handshake_on_connect=False``), whose side, context and server name
    are used. ``ssl_options`` are those of :func:`ssl_options_to_context`;
    without them the certificate is checked against the system's authorities.
    A client that is to check a certificate and was told no name fails.
    A handshake may take 30 s. Writes are allowed before it ends.
    """

    _handshake: asyncio.Future[Any] | None = None

    def __init__(
        self,
        socket: sockets.socket | None,
        max_buffer_size: int | None = None,
        read_chunk_size: int | None = None,
        max_write_buffer_size: int | None = None,
        *,
        ssl_options: SSLOptions = None,
        server_side: bool = False,
        server_hostname: str | None = None,
    ) -> None:
        self._server_side = server_side
        self._server_hostname = server_hostname
        self._ssl_options = ssl_options
        if isinstance(socket, ssl.SSLSocket):
            socket = self._unwrap(socket)
        super().__init__(socket, max_buffer_size, read_chunk_size, max_write_buffer_size)
        if self._server_side:
            # The client waits for our part of the handshake, whatever we read or write later.
            self._attach()

    def _unwrap(self, wrapped: ssl.SSLSocket) -> sockets.socket:
        """Take the connection out of ``wrapped``: the loop speaks TLS itself."""
        if wrapped.version() is not None:
            raise ValueError("the handshake of this socket is already done")
        self._ssl_options = wrapped.context
        self._server_side = wrapped.server_side
        self._server_hostname = wrapped.server_hostname
        return sockets.socket(fileno=wrapped.detach())

    async def _open_transport(
        self, loop: asyncio.AbstractEventLoop, sock: sockets.socket, hostname: str | None
    ) -> None:
        context = ssl_options_to_context(self._ssl_options, server_side=self._server_side)
        if self._server_side:
            await loop.connect_accepted_socket(
                lambda: self, sock, ssl=context, ssl_handshake_timeout=HANDSHAKE_TIMEOUT
            )
            return
        server_hostname = hostname or self._server_hostname or ""
        require_server_name(context, server_hostname)
        await loop.create_connection(
            lambda: self,
            sock=sock,
            ssl=context,
            server_hostname=server_hostname,
            ssl_handshake_timeout=HANDSHAKE_TIMEOUT,
        )

    def wait_for_handshake(self) -> asyncio.Future[Self]:
        """Give the stream itself when the handshake is done.

        Fails with :class:`StreamClosedError` when the handshake does. Raises
        ``RuntimeError`` while another such future is pending.
        """
        if self._handshake is not None and not self._handshake.done():
            raise RuntimeError("Already waiting")
        if self._closed:
            raise StreamClosedError(real_error=self.error)
        self._handshake = running_or_pending_loop().create_future()
        if self._transport is not None:
            self._handshake.set_result(self)
        else:
            self._attach()
        return self._handshake

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start on ``transport``, whose handshake is done (asyncio.Protocol)."""
        super().connection_made(transport)
        if self._handshake is not None and not self._handshake.done():
            self._handshake.set_result(self)

    def _close(self, error: BaseException | None) -> None:
        super()._close(error)
        if self._handshake is not None and not self._handshake.done():
            self._handshake.set_exception(StreamClosedError(real_error=self.error))
            self._handshake.exception()

    def get_ssl_certificate(self, binary_form: bool = False) -> dict[str, Any] | bytes | None:
        """Give the peer's certificate as ``SSLSocket.getpeercert`` does; ``None`` without one."""
        if self._transport is None:
            raise StreamClosedError(real_error=self.error)
        tls = self._transport.get_extra_info("ssl_object")
        certificate: dict[str, Any] | bytes | None = tls.getpeercert(binary_form)
        return certificate
