"""The client on libcurl, for what only libcurl can: digest credentials."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from etesian.http_wire.client.curl_driver import CurlDriver
from etesian.http_wire.client.curl_hop import CurlHop
from etesian.http_wire.client.curl_options import check_curl_request
from etesian.http_wire.client.deadlines import Deadlines
from etesian.http_wire.client.fetch import EXCHANGING, Fetch
from etesian.http_wire.client.fetching_client import FetchingClient
from etesian.http_wire.client.proxy import url_of_environment
from etesian.http_wire.client.slots import Slots
from etesian.http_wire.wire.policy import STRICT

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.http_wire.client.cookie_jar import CookieJar
    from etesian.http_wire.client.options import RequestOptions
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.response import HTTPResponse
    from etesian.http_wire.client.url import Target
    from etesian.http_wire.wire.policy import WirePolicy

__all__ = ["CurlAsyncHTTPClient"]


@dataclass(kw_only=True)
class CurlEnvironment:
    """What all fetches of one client share."""

    slots: Slots
    deadlines: Deadlines
    driver: CurlDriver
    kept_policy: WirePolicy
    streamed_policy: WirePolicy
    cookie_jar: CookieJar | None
    trust_environment: bool


class CurlFetch(Fetch[CurlHop]):
    """A fetch whose hops are transfers of libcurl, which finds connections by itself."""

    _shared: CurlEnvironment

    def __init__(
        self,
        environment: CurlEnvironment,
        original: HTTPRequest,
        request: HTTPRequest,
        callback: Callable[[HTTPResponse], None],
    ) -> None:
        super().__init__(environment, original, request, callback)
        self._driver = environment.driver

    def hop_failed(self, error: Exception) -> None:
        """Give up."""
        self._hop = None
        self.fail(error)

    def _check(self, request: HTTPRequest) -> None:
        super()._check(request)
        check_curl_request(request)

    def _make_hop(self, request: HTTPRequest, target: Target, policy: WirePolicy) -> CurlHop:
        if self._shared.trust_environment and (request.proxy or request.proxy_host) is None:
            request = request.replaced(proxy=url_of_environment(target.origin))
            check_curl_request(request)
        return CurlHop(self, self._driver, request, target, policy)

    def _begin(self) -> None:
        self._enter(EXCHANGING)
        if self._hop is not None:
            # It counts for the first connection; every later one has a time of its own.
            self._hop.start(0.0 if self._followed else self._queue_time)


class CurlAsyncHTTPClient(FetchingClient):
    """Fetches through libcurl; needs the extra ``curl``.

    ::

        client = CurlAsyncHTTPClient()
        response = await client.fetch(
            url, auth_username="Ada", auth_password="1815", auth_mode="digest"
        )

    Speaks http and https only, HTTP/1.1 only. Has digest credentials, for
    servers and for proxies, which the pooled client has not. Raises
    ``NotImplementedError`` for ``body_producer``, ``expect_100_continue``,
    ``ssl_options``, ``proxy_ssl_options`` and a proxy of ``https``, which only
    that one has. libcurl dials by itself: no ``tcp_client`` sees the addresses
    before, no host is mapped, and ``max_clients`` is the only bound on
    connections in use.

    Failures without a response are :class:`CurlError` with libcurl's number
    where they are none of the others that :meth:`fetch` names. To import this
    class without the extra raises ``ModuleNotFoundError``.
    """

    _environment: CurlEnvironment

    def initialize(
        self,
        *,
        max_clients: int = 10,
        max_body_size: int = STRICT.max_body_size,
        max_header_size: int = STRICT.max_header_size,
        trust_environment: bool = False,
        cookie_jar: CookieJar | None = None,
        defaults: RequestOptions | None = None,
    ) -> None:
        """Set the client up.

        ``max_clients`` fetches run at once, the others queue. ``max_body_size``
        bounds the octets of a body, also after decompression, kept or streamed;
        by default 100 MiB. ``max_header_size`` bounds those of a response head;
        by default 64 KiB. ``cookie_jar`` keeps the cookies of responses for the
        requests that they are for. ``trust_environment`` takes a proxy from
        where the pooled client would. ``defaults`` are values for request
        options that a request leaves unset.

        Raises ``ValueError`` for less than one client, ``TypeError`` for an
        unknown option.
        """
        super().initialize(defaults=defaults)
        self._fetch_class = CurlFetch
        policy = replace(STRICT, max_body_size=max_body_size, max_header_size=max_header_size)
        self._environment = CurlEnvironment(
            slots=Slots(max_clients),
            deadlines=Deadlines(self.asyncio_loop),
            driver=CurlDriver(self.asyncio_loop),
            kept_policy=policy,
            streamed_policy=policy,
            cookie_jar=cookie_jar,
            trust_environment=trust_environment,
        )

    def close(self) -> None:
        """Close all connections; fetches under way fail with ``HTTPStreamClosedError``."""
        if self._closed:
            return
        super().close()
        self._environment.deadlines.close()
        self._environment.driver.close()
