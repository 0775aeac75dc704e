"""Which proxy a request goes through, and what only that proxy may learn."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from etesian.http_wire.basic_auth import basic_credentials
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.url import bracketed, parse_url

if TYPE_CHECKING:
    import ssl

    from etesian.http_wire.client.tls import TLSContexts
    from etesian.http_wire.client.url import Origin, Target

__all__ = [
    "Proxy",
    "check_proxy",
    "check_tunnel",
    "parse_proxy_url",
    "proxy_of_environment",
    "proxy_of_request",
    "url_of_environment",
]

# As libcurl has them: socks4a and socks5h leave the name to the proxy, the others have it looked up
# here.
SOCKS_SCHEMES = frozenset({"socks4", "socks4a", "socks5", "socks5h"})

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9]*)://", re.ASCII)
_EXPLICIT_PORT = re.compile(r":[0-9]+/?", re.ASCII)
_SOCKS_PORT = 1080  # by custom, and registered for it


@dataclass(frozen=True, kw_only=True, slots=True)
class Proxy:
    """A proxy, and our standing with it; equal ones may share connections."""

    host: str
    """A name or an address, an IPv6 address without its brackets."""
    port: int
    scheme: str = "http"
    """``http`` or ``https``, or one of :data:`SOCKS_SCHEMES`."""
    username: str | None = None
    """With the password it is shown to the proxy and to nobody behind it."""
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    """How the proxy itself is trusted, where it is spoken to over TLS."""

    def __post_init__(self) -> None:
        """Refuse a user name that cannot be sent."""
        if not self.is_socks and ":" in (self.username or ""):
            basic_credentials(self.username or "", "")

    @property
    def is_socks(self) -> bool:
        """Whether the proxy passes octets on, and knows nothing of HTTP."""
        return self.scheme in SOCKS_SCHEMES

    @property
    def authorization(self) -> str | None:
        """The value of ``Proxy-Authorization``."""
        if self.username is None:
            return None
        return basic_credentials(self.username, self.password or "")


def check_proxy(request: HTTPRequest) -> None:
    """Refuse proxy options that the pooled client cannot honour.

    Raises ``ValueError`` for one of host and port without the other, for other
    options without a proxy, for one that is named twice, and for a
    ``proxy_auth_mode`` other than basic.
    """
    if (request.proxy_host is None) != (request.proxy_port is None):
        raise ValueError("proxy_host and proxy_port need each other")
    if request.proxy is not None and request.proxy_host is not None:
        raise ValueError("a proxy is named by proxy or by proxy_host, not by both")
    if (request.proxy or request.proxy_host) is None and (
        request.proxy_username is not None or request.proxy_ssl_options is not None
    ):
        raise ValueError("proxy_username and proxy_ssl_options need a proxy or a proxy_host")
    if request.proxy_auth_mode not in (None, "basic"):
        raise ValueError(
            f"proxy_auth_mode {request.proxy_auth_mode!r} is not supported, only 'basic'"
        )


def check_tunnel(
    proxy: Proxy | None, request: HTTPRequest, origin: Origin, *, always: bool = False
) -> None:
    """Refuse a ``Proxy-Authorization`` that would pass the proxy by.

    Raises ``ValueError`` where the way through the proxy is a tunnel, as it is
    for https, for SOCKS, and with ``always``: within it the origin would read
    that field.
    """
    if proxy is None or "Proxy-Authorization" not in request.headers:
        return
    if always or proxy.is_socks or origin.scheme == "https":
        raise ValueError("Proxy-Authorization is sent by proxy_username, to the proxy only")


def parse_proxy_url(url: str) -> tuple[str, Target]:
    """Give the scheme of a proxy's URL, and its host, port and credentials.

    A text without ``://`` is a host and port of an HTTP proxy.

    Raises ``ValueError`` for a scheme that is neither http, https nor one of
    :data:`SOCKS_SCHEMES`, and for what is no URL or has a path; the message
    never holds the URL.
    """
    match = _SCHEME.match(url)
    scheme = "http" if match is None else match[1].lower()
    rest = url if match is None else url[match.end() :]
    if scheme in SOCKS_SCHEMES:
        if not _EXPLICIT_PORT.fullmatch(rest[max(rest.rfind(":"), 0) :]):
            rest = f"{rest.removesuffix('/')}:{_SOCKS_PORT}"
        named = parse_url(f"http://{rest}")
    elif scheme in ("http", "https"):
        named = parse_url(f"{scheme}://{rest}")
    else:
        raise ValueError(
            f"proxy scheme {scheme[:20]!r} is not http, https, socks5, socks5h, socks4 or socks4a"
        )
    if named.path != "/":
        raise ValueError("the URL of a proxy has no path")
    return scheme, named


def proxy_of_request(request: HTTPRequest, contexts: TLSContexts) -> Proxy | None:
    """Give the proxy that the request names, if it names one.

    ``proxy_username`` goes before what a URL says.

    Raises ``ValueError`` where its host or port could not stand in a URL, for a
    user name with a colon, and for TLS to a SOCKS proxy.
    """
    if request.proxy is not None:
        scheme, named = parse_proxy_url(request.proxy)
    elif request.proxy_host is not None:
        host, scheme = bracketed(request.proxy_host), "http"
        named = parse_url(f"http://{host}:{request.proxy_port}/")
        if named.path != "/" or named.username is not None:
            raise ValueError("proxy_host is not a name or an address")
    else:
        return None
    if request.proxy_username is not None:
        named = named._replace(username=request.proxy_username, password=request.proxy_password)
    return _proxy(scheme, named, request.proxy_ssl_options, contexts)


def proxy_of_environment(origin: Origin, contexts: TLSContexts) -> Proxy | None:
    """Give the proxy that the environment names for an origin, if any.

    ``http_proxy``, ``https_proxy`` and ``all_proxy`` hold its URL, ``no_proxy``
    the hosts, domains and networks that are to be reached without it. ``HTTP_PROXY`` in capitals is
    not read where ``REQUEST_METHOD`` is set: there it came with a CGI request.

    Raises ``ValueError`` as :func:`parse_proxy_url` does: what was meant to go
    through a proxy does not go around it.
    """
    url = url_of_environment(origin)
    return None if url is None else _proxy(*parse_proxy_url(url), None, contexts)


def url_of_environment(origin: Origin) -> str | None:
    """Give what the environment says for an origin, unparsed."""
    # With the parts of urllib that open URLs come http.client and email: half of all that a
    # program imports, and only for those who ask for it.
    from urllib.request import (  # type: ignore[attr-defined]  # noqa: PLC0415  # typeshed lacks one
        getproxies_environment,
        proxy_bypass_environment,
    )

    proxies = getproxies_environment()
    url = proxies.get(origin.scheme) or proxies.get("all")
    # As libcurl reads it: without a final dot; an IPv6 address with and without its brackets.
    name = origin.tls_name
    hosts = [name, f"[{name}]:{origin.port}"] if ":" in name else [f"{name}:{origin.port}"]
    if not url or any(proxy_bypass_environment(host, proxies) for host in hosts):
        return None
    # Networks too, as libcurl and others have it since, and urllib has not.
    return None if _is_within(name, proxies.get("no", "")) else str(url)


def _is_within(host: str, no_proxy: str) -> bool:
    """Tell whether ``host`` is an address in one of the networks of a list (``10.0.0.0/8``)."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    for entry in no_proxy.split(","):
        with suppress(ValueError):  # a name, or nothing that anybody knows
            if "/" in entry and address in ip_network(entry.strip(), strict=False):
                return True
    return False


def _proxy(scheme: str, named: Target, tls: ssl.SSLContext | None, contexts: TLSContexts) -> Proxy:
    if scheme in SOCKS_SCHEMES and tls is not None:
        raise ValueError("proxy_ssl_options are for HTTP proxies; SOCKS is not spoken over TLS")
    if scheme == "https" and tls is None:
        tls = contexts.for_request(_anybody())
    return Proxy(
        host=named.origin.host,
        port=named.origin.port,
        scheme=scheme,
        username=named.username,
        password=named.password,
        tls=tls,
    )


@cache
def _anybody() -> HTTPRequest:
    """Give a request that trusts as everybody does."""
    return HTTPRequest("")
