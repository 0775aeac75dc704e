"""A fetch over the connections of a pool."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from etesian.http_wire.client.dialer import check_source
from etesian.http_wire.client.errors import HTTPStreamClosedError
from etesian.http_wire.client.fetch import CONNECTING, EXCHANGING, Fetch
from etesian.http_wire.client.hop import Hop
from etesian.http_wire.client.outgoing import OutgoingRequest, check_auth_mode, request_head
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

    __slots__ = ("_key", "_repeated")

    _shared: Environment
    _key: PoolKey
    _preparing: asyncio.Task[ClientConnection] | None
    _repeated: bool

    def hop_ended(self, hop: Hop, connection: ClientConnection | None) -> None:
        """Keep the connection where it may be used again, and judge the response."""
        if connection is not None:
            shared = self._shared
            shared.pool.put(self._key, connection, monotonic())
            if shared.sweep_timer is None:
                shared.sweep()
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
        routes = self._shared.routes
        route = None if routes is None else routes.of(request)
        if route is None:
            return super()._open(request)
        self._key = route.key
        self._hop = Hop(self, route.outgoing, self._shared.kept_policy)
        return route.origin

    def _check(self, request: HTTPRequest) -> None:
        super()._check(request)
        check_auth_mode(request)
        check_proxy(request)
        check_source(request)

    def _make_hop(self, request: HTTPRequest, target: Target, policy: WirePolicy) -> Hop:
        key = self._key = self._shared.key_for(request, target.origin)
        proxy = key.proxy
        asked = proxy is not None and key.tls is None and not proxy.is_socks
        head = request_head(request, target, proxy if asked else None)
        for_jar = self._shared.cookie_jar is not None
        return Hop(self, OutgoingRequest(request, target, head, for_jar=for_jar), policy)

    def _begin(self) -> None:
        self._repeated = False
        pool, hop = self._shared.pool, self._hop
        connection = pool.take(self._key)
        while connection is not None and hop is not None and not hop.repeatable:
            # A server may have closed it right behind its last answer, and this is sent once.
            if connection.is_silent():
                break
            connection.close()
            connection = pool.take(self._key)
        if connection is not None:
            self._reused = True
            self._exchange(connection)
        else:
            self._dial()

    def _dial(self) -> None:
        self._reused = False
        self._enter(CONNECTING)
        self._preparing = self._shared.dial(self._key)
        self._preparing.add_done_callback(self._dialled)

    def _dialled(self, dialling: asyncio.Task[ClientConnection]) -> None:
        if dialling.cancelled():
            # Not by us, unless we have ended: programs may cancel all tasks that there are.
            self.fail(HTTPStreamClosedError("the attempt to connect was cancelled"))
            return
        error = dialling.exception()
        if self._ended:
            if error is None:
                dialling.result().close()
            return
        self._preparing = None
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
            self._connected_at = monotonic()
            self._exchange(connection)

    def _exchange(self, connection: ClientConnection) -> None:
        self._phase = EXCHANGING
        self._shared.deadlines.set(self, self._request_due)
        if self._hop is not None:
            self._hop.start(connection)
            self._shared.busy_polling.request_sent(connection)
