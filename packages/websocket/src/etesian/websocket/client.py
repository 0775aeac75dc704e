"""Connecting to a WebSocket server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from etesian.http_wire.interface import HTTPClientError, HTTPRequest, connect_upgrade
from etesian.websocket.client_connection import WebSocketClientConnection
from etesian.websocket.connection import WebSocketConnection
from etesian.websocket.interface import WebSocketError
from etesian.websocket.options import DEFAULT_MAX_MESSAGE_SIZE, ConnectionOptions
from etesian.websocket.wire.deflate import DeflateOptions
from etesian.websocket.wire.handshake import check_response, new_key, request_fields
from etesian.websocket.wire.protocol import Side, WireProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from etesian.http_wire.interface import HTTPHeaders

__all__ = ["websocket_connect"]


def websocket_connect(
    url: str | HTTPRequest,
    *,
    connect_timeout: float | None = None,
    on_message_callback: Callable[[str | bytes | None], object] | None = None,
    compression_options: dict[str, Any] | None = None,
    ping_interval: float | None = None,
    ping_timeout: float | None = None,
    max_message_size: int = DEFAULT_MAX_MESSAGE_SIZE,
    subprotocols: Sequence[str] = (),
    connection_class: type[WebSocketClientConnection] = WebSocketClientConnection,
) -> asyncio.Future[WebSocketClientConnection]:
    """Give the future of a connection to ``url`` (``ws:`` or ``wss:``), or to a request's.

    The headers, TLS options and timeouts of an ``HTTPRequest`` count. TLS
    certificates are verified by default. ``connect_timeout`` bounds the
    connecting in seconds. ``compression_options`` is read as
    ``WebSocketHandler.get_compression_options`` tells; the other options as the
    settings of the same name. No redirect is followed.

    ``connection_class`` is a subclass of your own, for ``on_ping`` and ``on_pong``.
    With ``on_message_callback`` each message goes there, and ``None`` at the
    end; an awaitable that it returns keeps the next message waiting.

    Raises ``HTTPClientError`` with the server's status where it answers with an
    error, :class:`WebSocketError` where it answers otherwise than with a correct
    handshake, ``OSError`` where it cannot be reached; ``ValueError`` at once for
    a URL of another scheme and for options out of range. Cancelling the future
    closes the connection. To be called where a loop runs.
    """
    opening = _Opening(
        subprotocols=subprotocols,
        compression=None
        if compression_options is None
        else DeflateOptions.from_mapping(compression_options),
        options=ConnectionOptions(
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            max_message_size=max_message_size,
        ),
        client=connection_class(on_message_callback),
    )
    request = _http_request(url, connect_timeout)
    return asyncio.get_running_loop().create_task(opening.connect(request))


class _Response(Protocol):
    """What is read of the server's answer."""

    @property
    def headers(self) -> HTTPHeaders:
        """Its header fields."""
        ...


class _Opening:
    """One opening handshake."""

    def __init__(
        self,
        *,
        subprotocols: Sequence[str],
        compression: DeflateOptions | None,
        options: ConnectionOptions,
        client: WebSocketClientConnection,
    ) -> None:
        self._subprotocols = subprotocols
        self._compression = compression
        self._options = options
        self._client = client
        self._key = new_key()
        self._fields = request_fields(self._key, subprotocols, compression)

    async def connect(self, request: HTTPRequest) -> WebSocketClientConnection:
        """Ask for the upgrade, and give the client once it is there."""
        for name, value in self._fields:
            request.headers[name] = value
        try:
            connection = await connect_upgrade(request, self._judge)
        except HTTPClientError as error:
            if 200 <= error.code < 300:
                raise WebSocketError(f"the server answered {error.code}, not 101") from error
            raise
        connection.start(lambda: None)
        return self._client

    def _judge(self, response: _Response) -> WebSocketConnection:
        """Check the server's answer and make the connection that takes over."""
        chosen = check_response(
            response.headers,
            key=self._key,
            subprotocols=self._subprotocols,
            options=self._compression,
        )
        wire = WireProtocol(
            Side.CLIENT,
            max_message_size=self._options.max_message_size,
            deflate=chosen.deflate,
            deflate_options=self._compression,
        )
        connection = WebSocketConnection(wire, self._client, self._options, is_client=True)
        self._client.attach(connection, chosen.subprotocol)
        return connection


def _http_request(url: str | HTTPRequest, connect_timeout: float | None) -> HTTPRequest:
    """Give a request of our own for the handshake, with the scheme that HTTP knows."""
    request = HTTPRequest(url) if isinstance(url, str) else url
    scheme, separator, rest = request.url.partition(":")
    known = {"ws": "http", "wss": "https", "http": "http", "https": "https"}
    if not separator or scheme.lower() not in known:
        raise ValueError("the URL of a WebSocket starts with ws: or wss:")
    request = request.replaced(
        url=f"{known[scheme.lower()]}:{rest}", headers=request.headers.copy()
    )
    if connect_timeout is not None:
        request.connect_timeout = connect_timeout
    return request
