"""The client on our own wire: pooled connections, no dependency outside Etesian."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from etesian.http_wire.client.busy_polling import BUSY_POLL, BusyPolling
from etesian.http_wire.client.deadlines import Deadlines
from etesian.http_wire.client.environment import Environment
from etesian.http_wire.client.fetching_client import FetchingClient
from etesian.http_wire.client.pool import Pool
from etesian.http_wire.client.pooled_fetch import PooledFetch
from etesian.http_wire.client.slots import Slots
from etesian.http_wire.client.tls import TLSContexts
from etesian.http_wire.wire.policy import STRICT
from etesian.streams.interface import TCPClient

if TYPE_CHECKING:
    from etesian.http_wire.client.cookie_jar import CookieJar
    from etesian.http_wire.client.environment import HostnameMapping
    from etesian.http_wire.client.options import RequestOptions
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["SimpleAsyncHTTPClient"]

# Seconds a connection waits for its next request. Servers of the field close theirs after 5 (Node)
# to 75 (nginx) seconds; one that waits longer than the server is only a failure to come.
IDLE_TIMEOUT = 30.0

# Octets. The documented default for a body in memory.
MAX_BUFFER_SIZE = 100 * 1024 * 1024


class SimpleAsyncHTTPClient(FetchingClient):
    """Fetches over HTTP/1.1 connections that are kept and used again.

    A connection serves only requests of the same origin, dialled address, TLS
    context, proxy, source address and address families. At most ``max_clients``
    connections are in use, ``max_clients_per_host`` of them for one origin, and
    at most ``max_idle`` wait for another request.
    """

    _environment: Environment

    def initialize(
        self,
        *,
        max_clients: int = 10,
        max_clients_per_host: int | None = None,
        hostname_mapping: HostnameMapping | None = None,
        max_buffer_size: int = MAX_BUFFER_SIZE,
        max_header_size: int | None = None,
        max_body_size: int | None = None,
        max_idle: int | None = None,
        max_idle_per_host: int | None = None,
        idle_timeout: float = IDLE_TIMEOUT,
        busy_poll: float = BUSY_POLL,
        tcp_client: TCPClient | None = None,
        trust_environment: bool = False,
        cookie_jar: CookieJar | None = None,
        policy: WirePolicy = STRICT,
        defaults: RequestOptions | None = None,
    ) -> None:
        """Set the client up; the options are those of the constructor.

        ``max_clients``
            How many fetches run at once, 10 by default; the others queue, and
            their timeouts run meanwhile.
        ``max_clients_per_host``
            How many of those may use one origin; by default all. Who waits for
            a busy origin stands in nobody else's way. A redirect to another
            origin needs room there, and queues for it.
        ``hostname_mapping``
            Addresses to dial instead: from a host, or a (host, port) pair, to a
            host or such a pair. The name in the certificate stays the URL's.
            A proxy looks names up by itself, so nothing is mapped there.
        ``max_buffer_size``, ``max_body_size``
            Octets of a body, also after decompression: the lesser of the two
            if it is kept, ``max_body_size`` alone if it is streamed. The former
            is 100 MiB by default, and the latter is then the same.
        ``max_header_size``
            Octets of a response head; 64 KiB by default.
        ``max_idle``, ``max_idle_per_host``, ``idle_timeout``
            How many connections are kept, in all and per origin (``max_clients``
            by default), and for how many seconds: 30 by default.
        ``busy_poll``
            Seconds, 100 µs by default, for which the loop does not sleep after a
            request on a connection whose last answer came within as many. That
            halves the time of a fetch from a server near by, where falling
            asleep and waking up take longer than the answer. More serves slower
            servers too, and costs the processor time of waiting, which other
            threads of the program may miss; 0 is never.
        ``tcp_client``
            What connects: its resolver, and its ``allow_address`` hook, which
            sees each address before it is dialled; that is the proxy's where
            one is used. The client takes it over, and closes it.
        ``trust_environment``
            Take a proxy from ``http_proxy``, ``https_proxy`` and ``all_proxy``,
            except for hosts and networks in ``no_proxy``, where the request
            names none.
        ``cookie_jar``
            Keeps the cookies of all responses, redirects included, and gives
            them to the requests that they are for. Without one nothing is kept.
        ``policy``
            Every other limit of a response, and its documented leniencies; the
            options above go before it.
        ``defaults``
            Values for request options that a request leaves unset.

        Raises ``ValueError`` for fewer than one client and for a negative
        ``busy_poll``, ``TypeError`` for an unknown option.
        """
        super().initialize(defaults=defaults)
        self._fetch_class = PooledFetch
        self._calls_back_last = True
        body_limit = max_buffer_size if max_body_size is None else max_body_size
        streamed_policy = replace(
            policy,
            max_body_size=body_limit,
            max_header_size=policy.max_header_size if max_header_size is None else max_header_size,
        )
        self._environment = Environment(
            loop=self.asyncio_loop,
            pool=Pool(
                max_idle=max_clients if max_idle is None else max_idle,
                max_idle_per_host=max_clients if max_idle_per_host is None else max_idle_per_host,
                idle_timeout=idle_timeout,
            ),
            slots=Slots(max_clients, per_host=max_clients_per_host),
            deadlines=Deadlines(self.asyncio_loop),
            busy_polling=BusyPolling(self.asyncio_loop, busy_poll),
            tcp_client=TCPClient() if tcp_client is None else tcp_client,
            contexts=TLSContexts(),
            kept_policy=replace(streamed_policy, max_body_size=min(body_limit, max_buffer_size)),
            streamed_policy=streamed_policy,
            hostname_mapping=hostname_mapping or {},
            trust_environment=trust_environment,
            cookie_jar=cookie_jar,
        )

    def close(self) -> None:
        """Close all connections; fetches under way fail with ``HTTPStreamClosedError``."""
        super().close()
        self._environment.close()
