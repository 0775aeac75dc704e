"""Which proxy a request goes through, and what only that proxy may learn."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.url import parse_url

if TYPE_CHECKING:
    import ssl

    from etesian.http_wire.client.tls import TLSContexts
    from etesian.http_wire.client.url import Origin

__all__ = ["Proxy", "basic_credentials", "check_proxy", "proxy_of_environment", "proxy_of_request"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Proxy:
    """An HTTP proxy, and our standing with it; equal ones may share connections."""

    host: str
    """A name or an address, an IPv6 address without its brackets."""
    port: int
    authorization: str | None = field(default=None, repr=False)
    """The value of ``Proxy-Authorization``; it is shown to the proxy and to nobody behind it."""
    tls: ssl.SSLContext | None = None
    """How the proxy itself is trusted, where it is spoken to over TLS."""


def check_proxy(request: HTTPRequest) -> None:
    """Refuse proxy options that the pooled client cannot honour.

    Raises ``ValueError`` for one of host and port without the other, for other
    options without them, and for a ``proxy_auth_mode`` other than basic.
    """
    if (request.proxy_host is None) != (request.proxy_port is None):
        raise ValueError("proxy_host and proxy_port need each other")
    if request.proxy_host is None and (
        request.proxy_username is not None or request.proxy_ssl_options is not None
    ):
        raise ValueError("proxy_username and proxy_ssl_options need a proxy_host")
    if request.proxy_auth_mode not in (None, "basic"):
        raise ValueError(
            f"proxy_auth_mode {request.proxy_auth_mode!r} is not supported, only 'basic'"
        )


def proxy_of_request(request: HTTPRequest) -> Proxy:
    """Give the proxy that the request names.

    Raises ``ValueError`` where its host or port could not stand in a URL, and
    for a user name with a colon.
    """
    host = f"[{request.proxy_host}]" if ":" in (request.proxy_host or "") else request.proxy_host
    named = parse_url(f"http://{host}:{request.proxy_port}/")
    if named.path != "/" or named.username is not None:
        raise ValueError("proxy_host is not a name or an address")
    return Proxy(
        host=named.origin.host,
        port=named.origin.port,
        authorization=_authorization(request.proxy_username, request.proxy_password),
        tls=request.proxy_ssl_options,
    )


def proxy_of_environment(origin: Origin, contexts: TLSContexts) -> Proxy | None:
    """Give the proxy that the environment names for an origin, if any.

    ``http_proxy``, ``https_proxy`` and ``all_proxy`` hold its URL, ``no_proxy``
    the hosts that are to be reached without it. ``HTTP_PROXY`` in capitals is
    not read where ``REQUEST_METHOD`` is set: there it came with a CGI request.

    Raises ``ValueError`` for a URL that is not http or https: what was meant to
    go through a proxy does not go around it.
    """
    # With the parts of urllib that open URLs come http.client and email: half of all that a
    # program imports, and only for those who ask for it.
    from urllib.request import (  # type: ignore[attr-defined]  # noqa: PLC0415  # typeshed lacks one
        getproxies_environment,
        proxy_bypass_environment,
    )

    proxies = getproxies_environment()
    url = proxies.get(origin.scheme) or proxies.get("all")
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    if not url or proxy_bypass_environment(f"{host}:{origin.port}", proxies):
        return None
    named = parse_url(url if "://" in url else f"http://{url}")
    tls = contexts.for_request(_anybody()) if named.origin.scheme == "https" else None
    return Proxy(
        host=named.origin.host,
        port=named.origin.port,
        authorization=_authorization(named.username, named.password),
        tls=tls,
    )


def basic_credentials(username: str, password: str) -> str:
    """Give the field value of RFC 7617, in UTF-8.

    Raises ``ValueError`` for a colon in the name: it would move into the
    password.
    """
    if ":" in username:
        raise ValueError("a user name with a colon cannot be sent by basic authentication")
    pair = f"{username}:{password}".encode("utf-8", "surrogateescape")
    return f"Basic {b64encode(pair).decode('ascii')}"


def _authorization(username: str | None, password: str | None) -> str | None:
    return None if username is None else basic_credentials(username, password or "")


@cache
def _anybody() -> HTTPRequest:
    """Give a request that trusts as everybody does."""
    return HTTPRequest("")
