"""A fetch over the connections of a pool."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from etesian.http_wire.client.dialer import check_source
from etesian.http_wire.client.errors import HTTPStreamClosedError
from etesian.http_wire.client.fetch import Fetch, Phase
from etesian.http_wire.client.hop import Hop
from etesian.http_wire.client.outgoing import request_head
from etesian.http_wire.client.proxy import check_proxy

if TYPE_CHECKING:
    import asyncio

    from etesian.http_wire.client.connection import ClientConnection
    from etesian.http_wire.client.environment import Environment
    from etesian.http_wire.client.pool import PoolKey
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.url import Origin, Target
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["PooledFetch"]


class PooledFetch(Fetch[Hop]):
    """Takes a kept connection or dials one for each hop, and repeats what a stale one lost."""

    _shared: Environment
    _key: PoolKey | None = None
    _dialling: asyncio.Task[ClientConnection] | None = None
    _repeated = False

    def hop_ended(self, hop: Hop, connection: ClientConnection | None) -> None:
        """Keep the connection where it may be used again, and judge the response."""
        if connection is not None and self._key is not None:
            self._shared.keep(self._key, connection)
        self.hop_finished(hop)

    def hop_failed(self, hop: Hop, error: Exception, *, untouched: bool) -> None:
        """Repeat the request if its connection was stale, else give up.

        RFC 9112, 9.3.1: a server may close a kept connection at any moment, so
        the request can cross its end. Only then, only without an octet of a
        response, only if it is idempotent, and only once, on a new connection.
        """
        if untouched and self._reused and hop.repeatable and not self._repeated:
            self._repeated = True
            self._dial()
        else:
            self.fail(error)

    def _open(self, request: HTTPRequest) -> Origin:
        route = self._shared.route_of(request)
        if route is None:
            return super()._open(request)
        self._key = route.key
        self._hop = Hop(self, request, route.target, self._shared.kept_policy, route.head)
        return route.target.origin

    def _check(self, request: HTTPRequest) -> None:
        super()._check(request)
        if request.auth_mode != "basic":
            raise ValueError(f"auth_mode {request.auth_mode!r} is not supported, only 'basic'")
        check_proxy(request)
        check_source(request)

    def _make_hop(self, request: HTTPRequest, target: Target, policy: WirePolicy) -> Hop:
        key = self._key = self._shared.key_for(request, target.origin)
        proxy = key.proxy
        asked = proxy is not None and key.tls is None and not proxy.is_socks
        head = request_head(request, target, proxy if asked else None)
        return Hop(self, request, target, policy, head)

    def _begin(self) -> None:
        self._repeated = False
        connection = None if self._key is None else self._shared.take(self._key)
        if connection is not None:
            self._reused = True
            self._exchange(connection)
        else:
            self._dial()

    def _dial(self) -> None:
        if self._key is None:
            return
        self._reused = False
        self._enter(Phase.CONNECTING)
        self._dialling = self._shared.dial(self._key)
        self._dialling.add_done_callback(self._dialled)

    def _dialled(self, dialling: asyncio.Task[ClientConnection]) -> None:
        if dialling.cancelled():
            return
        error = dialling.exception()
        if self._ended:
            if error is None:
                dialling.result().close()
            return
        self._dialling = None
        if error is None:
            self._exchange_on_new(dialling.result())
        elif isinstance(error, Exception):
            self.fail(error)
        else:
            raise error

    def _exchange_on_new(self, connection: ClientConnection) -> None:
        if connection.transport.is_closing():
            self.fail(HTTPStreamClosedError("connection closed by the server before the request"))
        else:
            self._exchange(connection)

    def _exchange(self, connection: ClientConnection) -> None:
        if not self._reused:
            self._connected_at = monotonic()
        self._phase = Phase.EXCHANGING
        self._shared.deadlines.set(self, self._request_deadline())
        if self._hop is not None:
            self._hop.start(connection)

    def _stop(self) -> None:
        if self._dialling is not None:
            self._dialling.cancel()
