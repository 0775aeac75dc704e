"""The server's side: a request handler that is fed messages."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from etesian.web.interface import RequestHandler
from etesian.websocket.connection import WebSocketConnection
from etesian.websocket.interface import WebSocketClosedError
from etesian.websocket.options import DEFAULT_MAX_MESSAGE_SIZE, ConnectionOptions
from etesian.websocket.outgoing import as_control_data, as_message
from etesian.websocket.wire.deflate import DeflateOptions, accept_offer
from etesian.websocket.wire.errors import HandshakeError
from etesian.websocket.wire.handshake import (
    SUPPORTED_VERSION,
    OpeningResponse,
    is_same_origin,
    parse_request,
    response_fields,
)
from etesian.websocket.wire.protocol import Side, WireProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from etesian.websocket.outgoing import Sendable
    from etesian.websocket.wire.handshake import OpeningRequest

__all__ = ["WebSocketHandler"]

_log = logging.getLogger("etesian.general")


def _http_only(name: str) -> Callable[..., Any]:
    """Give the inherited method, which after the handshake is a ``RuntimeError``."""

    def method(self: WebSocketHandler, *args: object, **kwargs: object) -> object:
        if self._is_upgraded:
            raise RuntimeError(f"{name}() is not available on a WebSocket; use write_message()")
        return getattr(super(WebSocketHandler, self), name)(*args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"As ``RequestHandler.{name}``; ``RuntimeError`` after the handshake."
    return method


class WebSocketHandler(RequestHandler):
    """Serves one WebSocket; override :meth:`on_message`, and what else is wanted.

    ``prepare`` and ``set_default_headers`` run as for any handler: the headers
    that they set are part of the ``101``, and ``prepare`` may refuse the
    connection with an ordinary response. A request that is no opening handshake
    is answered 400, one of another WebSocket version 426, one from a foreign
    origin 403.

    Settings of the application: ``websocket_ping_interval`` and
    ``websocket_ping_timeout`` in seconds, ``websocket_max_message_size`` and
    ``websocket_max_send_queue`` in bytes.

    All methods belong to the thread of the event loop.
    """

    ws_connection: WebSocketConnection | None = None
    """The connection, while it is there."""

    close_code: int | None = None
    """The code of the peer's Close; ``None`` before it, and where it had none."""

    close_reason: str | None = None
    """The reason of the peer's Close; ``None`` before it, and where it had none."""

    selected_subprotocol: str | None = None
    """What :meth:`select_subprotocol` chose."""

    _is_upgraded = False

    write = _http_only("write")
    redirect = _http_only("redirect")
    set_header = _http_only("set_header")
    set_cookie = _http_only("set_cookie")
    set_status = _http_only("set_status")
    flush = _http_only("flush")
    finish = _http_only("finish")

    def get(self, *args: Any, **kwargs: Any) -> None:
        """Answer the opening handshake, and :meth:`open` the WebSocket."""
        request = self.request
        try:
            opening = parse_request(request.method or "", request.version, request.headers)
        except HandshakeError as error:
            self._refuse(error.status_code, str(error))
            return
        if not self._is_origin_allowed():
            self._refuse(403, "Cross origin websockets not allowed")
            return
        connection = self._switch(opening)
        connection.start(lambda: self.open(*args, **kwargs))

    def open(self, *args: Any, **kwargs: Any) -> Awaitable[None] | None:
        """Take the news that the WebSocket is open, with what the route captured. Override it.

        May be a coroutine: messages wait until it has ended.
        """

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Take a message: ``str`` for text, ``bytes`` for binary. Must be overridden.

        May be a coroutine: the next message waits until it has ended. An
        exception is logged and closes the connection with 1011.
        """
        raise NotImplementedError

    def on_ping(self, data: bytes) -> None:
        """Take a Ping, which is already answered. Override it."""

    def on_pong(self, data: bytes) -> None:
        """Take the answer to a :meth:`ping`. Override it."""

    def on_close(self) -> None:
        """Take the end, once, however it came. Override it.

        :attr:`close_code` and :attr:`close_reason` say what the peer gave.
        """

    def check_origin(self, origin: str) -> bool:
        """Say whether a page of ``origin`` may connect. Override it to allow others.

        Only the page's own host may by default, the port included. It is not
        asked where the client sent no ``Origin``, which browsers always do.
        """
        return is_same_origin(origin, self.request.headers.get("Host", ""))

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Choose of what the client offers, or ``None`` for none. Override it.

        It is asked where the client offers any.
        """
        del subprotocols
        return None

    def get_compression_options(self) -> dict[str, Any] | None:
        """Give a dict, which may be empty, to compress where the client can. Override it.

        Keys: ``compression_level`` (6), ``mem_level`` (8), both of zlib, and
        ``context_takeover`` (``False``): whether both sides keep their window
        between messages, for better compression and much more memory.
        """
        return None

    @property
    def ping_interval(self) -> float | None:
        """Seconds between pings; ``None`` for none."""
        interval: float | None = self.settings.get("websocket_ping_interval")
        return interval

    @property
    def ping_timeout(self) -> float | None:
        """Seconds to wait for a Pong; ``None`` for the larger of three intervals and 30."""
        timeout: float | None = self.settings.get("websocket_ping_timeout")
        return timeout

    @property
    def max_message_size(self) -> int:
        """Bytes that a received message may have, unpacked; 10 MiB by default."""
        size: int = self.settings.get("websocket_max_message_size", DEFAULT_MAX_MESSAGE_SIZE)
        return size

    def write_message(self, message: Sendable, binary: bool = False) -> asyncio.Future[None]:
        """Send a message; awaiting the result waits until the client took it.

        Text unless ``binary``; a dict is sent as JSON. Raises
        :class:`WebSocketClosedError` where the WebSocket is closed, and where
        the client reads so slowly that ``websocket_max_send_queue`` bytes
        wait: the connection is dropped then. Bytes that are not UTF-8 need
        ``binary`` (``UnicodeDecodeError``).
        """
        return self._require_connection().write_message(as_message(message, binary=binary))

    def ping(self, data: str | bytes = b"") -> asyncio.Future[None]:
        """Send a Ping of at most 125 bytes; errors as of :meth:`write_message`."""
        return self._require_connection().ping(as_control_data(data))

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Start the closing handshake; messages that still arrive are dropped.

        A ``reason`` (123 bytes of UTF-8) without ``code`` gets 1000. Raises
        ``ValueError`` for what may not be sent (RFC 6455, 7.4).
        """
        if self.ws_connection is not None:
            self.ws_connection.close(code, reason)

    def set_nodelay(self, value: bool) -> None:
        """Send small messages at once (``TCP_NODELAY``), or let TCP collect them."""
        self._require_connection().set_nodelay(value)

    def on_connection_close(self) -> None:
        """Take the end of the connection; before the handshake as any handler does."""
        connection, self.ws_connection = self.ws_connection, None
        if connection is None:
            super().on_connection_close()
            return
        self.close_code = connection.close_code
        self.close_reason = connection.close_reason
        self.on_close()

    def _require_connection(self) -> WebSocketConnection:
        if self.ws_connection is None:
            raise WebSocketClosedError("the WebSocket is closed")
        return self.ws_connection

    def _refuse(self, status: int, message: str) -> None:
        """Answer in plain words why there is no WebSocket."""
        self.clear()
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        if status == 426:
            # RFC 6455, 4.4; and RFC 9110, 15.5.22: what to upgrade to.
            self.set_header("Sec-WebSocket-Version", SUPPORTED_VERSION)
            self.set_header("Upgrade", "websocket")
            self.set_header("Connection", "Upgrade")
        _log.info("%d WebSocket refused: %s", status, message)
        self.finish(message)

    def _is_origin_allowed(self) -> bool:
        origins = self.request.headers.get_list("Origin")
        if not origins:
            return True
        return len(origins) == 1 and bool(self.check_origin(origins[0]))

    def _switch(self, opening: OpeningRequest) -> WebSocketConnection:
        """Answer 101 and take the transport over."""
        compression = self.get_compression_options()
        options = None if compression is None else DeflateOptions.from_mapping(compression)
        deflate = None if options is None else accept_offer(opening.extensions, options)
        self.selected_subprotocol = self._choose_subprotocol(opening)
        self.set_status(101)
        chosen = OpeningResponse(self.selected_subprotocol, deflate)
        for name, value in response_fields(opening, chosen):
            self.set_header(name, value)
        wire = WireProtocol(
            Side.SERVER,
            max_message_size=self.max_message_size,
            deflate=deflate,
            deflate_options=options,
        )
        connection = WebSocketConnection(wire, self, self._connection_options(), is_client=False)
        self.ws_connection = connection
        self.switch_protocol(connection)
        self._is_upgraded = True
        return connection

    def _choose_subprotocol(self, opening: OpeningRequest) -> str | None:
        if not opening.subprotocols:
            return None
        chosen = self.select_subprotocol(list(opening.subprotocols))
        if chosen is not None and chosen not in opening.subprotocols:
            # To send it would make every client fail (RFC 6455, 4.1).
            _log.warning("select_subprotocol chose what was not offered; none is selected")
            return None
        return chosen

    def _connection_options(self) -> ConnectionOptions:
        return ConnectionOptions(
            ping_interval=self.ping_interval,
            ping_timeout=self.ping_timeout,
            max_send_queue=self.settings.get("websocket_max_send_queue", DEFAULT_MAX_MESSAGE_SIZE),
            max_message_size=self.max_message_size,
        )
