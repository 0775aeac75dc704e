"""A way through a proxy to one origin (RFC 9110, 9.3.6)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from etesian.http_wire.client.errors import HTTPProtocolError, HTTPProxyError, HTTPStreamClosedError
from etesian.http_wire.client.url import bracketed
from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.head import parse_response_head, parse_status_line
from etesian.http_wire.wire.head_finder import HeadFinder
from etesian.http_wire.wire.head_writer import encode_head, request_line
from etesian.http_wire.wire.policy import STRICT

if TYPE_CHECKING:
    from etesian.http_wire.client.proxy import Proxy
    from etesian.http_wire.client.url import Origin

__all__ = ["Tunnel"]


class Tunnel(asyncio.Protocol):
    """Asks a proxy for a tunnel; :attr:`opened` ends when it is there.

    The answer is held to the limits of any response head, and nothing of it but
    its status counts. The transport is then paused, with no octet read behind
    the head, for whoever speaks next; it must be theirs before it is resumed.

    :attr:`opened` fails with :class:`HTTPProxyError` where the proxy declines,
    with :class:`HTTPProtocolError` where it does not speak HTTP or sends more
    than a head: those octets would be taken for the origin's, and with
    :class:`HTTPStreamClosedError` where it leaves. The transport is then
    aborted.
    """

    def __init__(self, proxy: Proxy, origin: Origin) -> None:
        """Prepare for an origin; raises ``ValueError`` for what may not be sent."""
        # With its port, the default one too (RFC 9112, 3.2.3).
        authority = f"{bracketed(origin.host)}:{origin.port}"
        headers = HTTPHeaders({"Host": authority})
        if proxy.authorization is not None:
            headers["Proxy-Authorization"] = proxy.authorization
        self._head = encode_head(request_line("CONNECT", authority), headers)
        self._buffer = bytearray()
        self._finder = HeadFinder(STRICT, parse_status_line)
        self._informational = 0
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Who is cancelled does not ask how it went; that is nothing to be logged.
        self.opened.add_done_callback(lambda opened: opened.cancelled() or opened.exception())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        """Read the answer."""
        self._buffer += data
        try:
            while not self.opened.done() and (ends := self._finder.find(self._buffer)) is not None:
                self._take_head(*ends)
        except HTTPInputError as error:
            refusal = HTTPProtocolError(f"answer to CONNECT: {error}")
            refusal.__cause__ = error
            self._fail(refusal)

    def eof_received(self) -> None:
        """Take the end of the proxy's side, which ends ours too."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection."""
        error = HTTPStreamClosedError("connection closed by the proxy")
        error.__cause__ = exc
        self._fail(error)

    def _take_head(self, end: int, body_start: int) -> None:
        start_line, _ = parse_response_head(bytes(self._buffer[:end]), STRICT)
        del self._buffer[:body_start]
        if start_line.code == 101:
            raise HTTPInputError("the proxy switched protocols without being asked")
        if start_line.code < 200:
            self._informational += 1
            if self._informational > STRICT.max_informational:
                raise HTTPInputError("too many interim responses")
        elif start_line.code < 300:
            if self._buffer:
                raise HTTPInputError("more than the head that opens the tunnel")
            # What comes now waits in the kernel for the TLS handshake, which it fails.
            if self._transport is not None:
                self._transport.pause_reading()
            self.opened.set_result(None)
        else:
            self._fail(HTTPProxyError(start_line.code))

    def _fail(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
        if self._transport is not None:
            self._transport.abort()
