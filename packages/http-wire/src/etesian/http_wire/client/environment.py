"""What all fetches of one client share."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from etesian.http_wire.client.dialer import dial
from etesian.http_wire.client.pool import PoolKey
from etesian.http_wire.client.proxy import check_tunnel, proxy_of_environment, proxy_of_request
from etesian.http_wire.client.route import Routes
from etesian.http_wire.client.socks import check_socks

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from etesian.http_wire.client.busy_polling import BusyPolling
    from etesian.http_wire.client.connection import ClientConnection
    from etesian.http_wire.client.cookie_jar import CookieJar
    from etesian.http_wire.client.deadlines import Deadlines
    from etesian.http_wire.client.pool import Pool
    from etesian.http_wire.client.proxy import Proxy
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.slots import Slots
    from etesian.http_wire.client.tls import TLSContexts
    from etesian.http_wire.client.url import Origin
    from etesian.http_wire.wire.policy import WirePolicy
    from etesian.streams.interface import TCPClient

    HostnameMapping = Mapping[str | tuple[str, int], str | tuple[str, int]]

__all__ = ["Environment", "pool_key"]


@dataclass(kw_only=True)
class Environment:
    """The pool, the slots and the limits that the fetches of a client live on."""

    loop: asyncio.AbstractEventLoop
    pool: Pool[ClientConnection]
    slots: Slots
    deadlines: Deadlines
    busy_polling: BusyPolling
    tcp_client: TCPClient
    contexts: TLSContexts
    kept_policy: WirePolicy
    """The limits of a response whose body is kept in memory."""
    streamed_policy: WirePolicy
    """The limits of a response whose body goes to a ``streaming_callback``."""
    hostname_mapping: HostnameMapping
    trust_environment: bool
    """Whether the environment's variables may name a proxy."""
    cookie_jar: CookieJar | None
    routes: Routes | None = field(init=False)
    """What is known of plain requests without a look at them."""
    sweep_timer: asyncio.TimerHandle | None = field(init=False, default=None)
    """What calls :meth:`sweep` again; whoever puts into the pool where there is none calls it."""

    def __post_init__(self) -> None:
        """Remember routes where nothing but the request says where it goes, and with what."""
        # What the surroundings and the jar say may be another thing the next time.
        varies = self.trust_environment or self.hostname_mapping or self.cookie_jar is not None
        self.routes = None if varies else Routes(self.key_for)

    def key_for(self, request: HTTPRequest, origin: Origin) -> PoolKey:
        """Give what a connection for this request must equal.

        Raises ``OSError`` or ``ssl.SSLError`` where a certificate file cannot
        be loaded, ``ValueError`` for a proxy that cannot be used, and
        ``ModuleNotFoundError`` where it needs an extra that is not installed.
        """
        proxy = self._proxy(request, origin)
        return pool_key(request, origin, self._address(origin), proxy, self.contexts)

    def sweep(self) -> None:
        """Close what has idled too long, now and later, until nothing is in the pool."""
        # One timer for all: it fires when the oldest is due, and finds out which is the next.
        now = monotonic()
        due = self.pool.expire(now)
        self.sweep_timer = None if due is None else self.loop.call_later(due - now, self.sweep)

    def dial(self, key: PoolKey) -> asyncio.Task[ClientConnection]:
        """Start a new connection."""
        return self.loop.create_task(dial(self.tcp_client, key, self.pool.discard))

    def close(self) -> None:
        """Close what is idle, the deadlines, and the resolver."""
        self.deadlines.close()
        if self.sweep_timer is not None:
            self.sweep_timer.cancel()
        self.pool.close()
        self.tcp_client.close()

    def _proxy(self, request: HTTPRequest, origin: Origin) -> Proxy | None:
        proxy = proxy_of_request(request, self.contexts)
        if proxy is None and self.trust_environment:
            proxy = proxy_of_environment(origin, self.contexts)
        check_tunnel(proxy, request, origin)
        return proxy

    def _address(self, origin: Origin) -> tuple[str, int]:
        host, port = origin.host, origin.port
        if not self.hostname_mapping:
            return host, port
        mapped = self.hostname_mapping.get((host, port)) or self.hostname_mapping.get(host, host)
        return (mapped, port) if isinstance(mapped, str) else mapped


def pool_key(
    request: HTTPRequest,
    origin: Origin,
    address: tuple[str, int],
    proxy: Proxy | None,
    contexts: TLSContexts,
) -> PoolKey:
    """Give the key of a connection by way of ``proxy``, or without one to ``address``.

    Raises what a certificate file or the proxy makes :meth:`Environment.key_for`
    raise.
    """
    if proxy is not None and proxy.is_socks:
        check_socks(proxy)
    return PoolKey(
        origin,
        address if proxy is None else (proxy.host, proxy.port),
        contexts.for_request(request) if origin.scheme == "https" else None,
        request.network_interface,
        request.allow_ipv6,
        proxy,
    )
