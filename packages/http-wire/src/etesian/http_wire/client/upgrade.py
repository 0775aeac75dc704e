"""Leaving HTTP for another protocol: the client's half of RFC 9110, 7.8."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from etesian.http_wire.client.dialer import check_source, dial
from etesian.http_wire.client.environment import pool_key
from etesian.http_wire.client.errors import HTTPClientError, HTTPStreamClosedError, as_outcome
from etesian.http_wire.client.fetch import CONNECTING, EXCHANGING
from etesian.http_wire.client.hop import Hop
from etesian.http_wire.client.outgoing import (
    OutgoingRequest,
    check_auth_mode,
    check_request,
    request_head,
)
from etesian.http_wire.client.proxy import check_proxy, check_tunnel, proxy_of_request
from etesian.http_wire.client.response import HTTPResponse
from etesian.http_wire.client.time_limit import time_limit
from etesian.http_wire.client.tls import TLSContexts
from etesian.http_wire.client.url import parse_url
from etesian.http_wire.wire.policy import STRICT
from etesian.streams.interface import TCPClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.client.connection import ClientConnection
    from etesian.http_wire.client.pool import PoolKey
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.url import Target
    from etesian.http_wire.headers import HTTPHeaders
    from etesian.http_wire.interface import ResponseStartLine

__all__ = ["connect_upgrade"]

P = TypeVar("P", bound=asyncio.BaseProtocol)


async def connect_upgrade(
    request: HTTPRequest,
    protocol_factory: Callable[[HTTPResponse], P],
    *,
    tcp_client: TCPClient | None = None,
) -> P:
    """Ask for another protocol (RFC 9110, 7.8), and give the one that then has the connection.

    ::

        class Chat(asyncio.Protocol):
            def data_received(self, data):
                print(data)

        request = HTTPRequest(url, headers={"Connection": "Upgrade", "Upgrade": "chat"})
        protocol = await connect_upgrade(request, lambda response: Chat())

    ``request`` holds the ``Upgrade`` fields; its timeouts, TLS options, source
    address, proxy (by a tunnel, also for http) and credentials count, its
    redirect options do not. ``connect_timeout`` is for the
    connection, and ``request_timeout`` for the answer on it. ``tcp_client``
    connects, and stays the caller's; by default it is a new one.

    On ``101`` the factory is called with the response, to judge its fields and
    to make the protocol, which at once gets ``connection_made`` and the bytes
    that came behind the head. What the factory raises, or the protocol
    meanwhile, closes the connection and is raised here.

    Raises ``HTTPClientError`` with the response for every other status, and
    where there is none, what :meth:`AsyncHTTPClient.fetch` fails with. The
    response is held to the limits of ``WirePolicy()``. Cancellation closes the
    connection; after the return it is the protocol's.
    """
    check_request(request)
    check_auth_mode(request)
    check_proxy(request)
    check_source(request)
    target = parse_url(request.url)
    if target.username is not None and request.auth_username is None:
        request = request.replaced(auth_username=target.username, auth_password=target.password)
    upgrade = _Upgrade(request, target, protocol_factory)
    dialer = tcp_client or TCPClient()
    try:
        async with time_limit(request.connect_timeout, "connect_timeout", CONNECTING):
            connection = await dial(dialer, _key(request, target), lambda _: None, tunnel=True)
    finally:
        if tcp_client is None:
            dialer.close()
    async with time_limit(request.request_timeout, "request_timeout", EXCHANGING):
        return await upgrade.run(connection)


class _Upgrade(Hop, Generic[P]):
    """A hop that may end with a protocol in place of a body."""

    def __init__(
        self, request: HTTPRequest, target: Target, protocol_factory: Callable[[HTTPResponse], P]
    ) -> None:
        self._outcome: asyncio.Future[P] = asyncio.get_running_loop().create_future()
        outgoing = OutgoingRequest(request, target, request_head(request, target))
        super().__init__(_Refusal(self._outcome), outgoing, STRICT)
        self._protocol_factory = protocol_factory
        self._transport: asyncio.Transport | None = None

    async def run(self, connection: ClientConnection) -> P:
        """Send the request and wait for the protocol."""
        if connection.transport.is_closing():
            # It may have had its news of that already, and would have none for the request.
            raise HTTPStreamClosedError("connection closed by the server before the request")
        try:
            self.start(connection)
            return await self._outcome
        except BaseException:
            # The protocol may have it already, but nobody will ever hear of the protocol.
            if self._transport is not None:
                self._transport.abort()
            raise
        finally:
            self.abandon()

    def headers_received(self, start_line: ResponseStartLine, headers: HTTPHeaders) -> None:
        """Hand the connection over if the server agrees."""
        super().headers_received(start_line, headers)
        if start_line.code != 101:
            return
        protocol = self._protocol_factory(_response(self))
        connection = self._detached()
        if connection is not None:
            self._hand_over(protocol, *connection.detach())

    def _hand_over(self, protocol: P, transport: asyncio.Transport, leftover: bytes) -> None:
        self._transport = transport
        try:
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            _feed(protocol, leftover)
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody waits for it
            _fail(self._outcome, error)
        else:
            if not self._outcome.done():
                self._outcome.set_result(protocol)


class _Refusal(Generic[P]):
    """The owner of the hop, which hears of it only if there was no upgrade."""

    def __init__(self, outcome: asyncio.Future[P]) -> None:
        self._outcome = outcome

    def follows(self, _code: int, _headers: HTTPHeaders) -> bool:
        """Follow no redirect: the other end would not be the one that was asked for."""
        return False

    def hop_ended(self, hop: Hop, connection: ClientConnection | None) -> None:
        """Make an error of the response."""
        if connection is not None:
            connection.close()
        response = _response(hop)
        # A 2xx is no error by itself, but it is not what was asked for either.
        error = response.error or HTTPClientError(response.code, "not upgraded", response)
        _fail(self._outcome, error)

    def hop_failed(self, _hop: Hop, error: Exception, *, untouched: bool) -> None:
        """Make an error of the failure, whatever had come."""
        if untouched:
            error.add_note("the server answered nothing to the upgrade request")
        _fail(self._outcome, error)


def _fail(outcome: asyncio.Future[P], error: BaseException) -> None:
    if not outcome.done():
        outcome.set_exception(as_outcome(error))


def _response(hop: Hop) -> HTTPResponse:
    return HTTPResponse(
        hop.request,
        hop.code,
        headers=hop.headers,
        reason=hop.reason,
        body=hop.body,
    )


def _feed(protocol: asyncio.BaseProtocol, data: bytes) -> None:
    """Give bytes to a protocol of either kind, as a transport would."""
    if isinstance(protocol, asyncio.BufferedProtocol):
        rest = memoryview(data)
        while rest:
            buffer = memoryview(protocol.get_buffer(len(rest))).cast("B")
            size = min(len(buffer), len(rest))
            buffer[:size] = rest[:size]
            protocol.buffer_updated(size)
            rest = rest[size:]
    elif isinstance(protocol, asyncio.Protocol):
        protocol.data_received(data)


def _key(request: HTTPRequest, target: Target) -> PoolKey:
    origin, contexts = target.origin, TLSContexts()
    proxy = proxy_of_request(request, contexts)
    check_tunnel(proxy, request, origin, always=True)
    return pool_key(request, origin, (origin.host, origin.port), proxy, contexts)
