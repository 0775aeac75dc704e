"""A request as options of a libcurl handle.

Every handle serves one request and is new, so that nothing of an earlier one
can be left in it. What libcurl would take from its surroundings (proxies of the
environment, ``.netrc``) is switched off, and redirects, compression and basic
credentials stay with us, under the same rules as those of the pooled client.
"""

from __future__ import annotations

import os
import re
import ssl
from typing import TYPE_CHECKING

import pycurl

from etesian.http_wire.basic_auth import credential_octets
from etesian.http_wire.client.outgoing import request_headers
from etesian.http_wire.client.proxy import (
    check_proxy,
    check_tunnel,
    parse_proxy_url,
    proxy_of_request,
)
from etesian.http_wire.client.tls import TLSContexts, verifies
from etesian.http_wire.wire.head_writer import encode_lines, request_line

if TYPE_CHECKING:
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.client.url import Target

__all__ = ["check_curl_request", "configure", "milliseconds"]

_AUTH_MODES = {"basic": pycurl.HTTPAUTH_BASIC, "digest": pycurl.HTTPAUTH_DIGEST}
_PROXY_TYPES = {
    "http": pycurl.PROXYTYPE_HTTP,
    "socks4": pycurl.PROXYTYPE_SOCKS4,
    "socks4a": pycurl.PROXYTYPE_SOCKS4A,
    "socks5": pycurl.PROXYTYPE_SOCKS5,
    "socks5h": pycurl.PROXYTYPE_SOCKS5_HOSTNAME,
}

# CURLOPT_SUPPRESS_CONNECT_HEADERS of libcurl 7.54, which pycurl has no name for.
_SUPPRESS_CONNECT_HEADERS = 265

# How often a server may call a digest stale, which costs a request each; libcurl counts them as
# redirects. Servers do it once, where one nonce has run out.
_MAX_DIGESTS = 3

# Milliseconds. libcurl takes no time for 300 seconds, and this much, 24 days, for none.
_LONGEST = 2**31 - 1

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# What libcurl sends unless told otherwise; a line without a value takes a field away.
_UNASKED_FIELDS = ("Accept", "Content-Type", "Expect")


def check_curl_request(request: HTTPRequest) -> None:
    """Refuse what this client cannot do.

    Raises ``NotImplementedError`` for ``body_producer``,
    ``expect_100_continue``, ``ssl_options`` and ``proxy_ssl_options`` and for a
    proxy over TLS, ``ValueError`` for an unknown auth mode, for a proxy's URL
    that is none, and otherwise as
    :func:`~etesian.http_wire.client.proxy.check_proxy`.
    """
    if request.body_producer is not None or request.expect_100_continue:
        raise NotImplementedError("body_producer and expect_100_continue need the pooled client")
    if request.ssl_options is not None or request.proxy_ssl_options is not None:
        raise NotImplementedError("ssl_options and proxy_ssl_options need the pooled client")
    for mode in (request.auth_mode, request.proxy_auth_mode):
        if mode is not None and mode not in _AUTH_MODES:
            raise ValueError(f"auth mode {mode!r} is neither 'basic' nor 'digest'")
    check_proxy(request.replaced(proxy_auth_mode=None))
    if request.proxy is not None and parse_proxy_url(request.proxy)[0] == "https":
        raise NotImplementedError("a proxy over TLS needs the pooled client")


def configure(handle: pycurl.Curl, request: HTTPRequest, target: Target) -> None:
    """Set everything but the callbacks.

    Raises ``ValueError`` for what may not stand on the wire: libcurl is handed
    nothing that was not checked as a whole.
    """
    handle.setopt(pycurl.URL, target.url)
    # Dots stay in it, as with the pooled client: the URL of the response is what was asked for.
    handle.setopt(pycurl.PATH_AS_IS, 1)
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.FOLLOWLOCATION, 0)
    handle.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
    # One strict reading of responses serves both clients, and that is of HTTP/1.1.
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    handle.setopt(pycurl.MAXREDIRS, _MAX_DIGESTS)
    _set_request(handle, request, target)
    _set_credentials(handle, request)
    _set_proxy(handle, request, target)
    _set_tls(handle, request)
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, milliseconds(request.connect_timeout))
    if request.network_interface is not None:
        handle.setopt(pycurl.INTERFACE, request.network_interface)
    if not request.allow_ipv6:
        handle.setopt(pycurl.IPRESOLVE, pycurl.IPRESOLVE_V4)
    if request.prepare_curl_callback is not None:
        request.prepare_curl_callback(handle)


def milliseconds(seconds: float) -> int:
    """Give a time limit as libcurl takes it; 0 is none."""
    return max(int(min(seconds * 1000, _LONGEST) or _LONGEST), 1)


def _set_request(handle: pycurl.Curl, request: HTTPRequest, target: Target) -> None:
    basic = request.auth_mode == "basic"
    headers = request_headers(request if basic else request.replaced(auth_username=None), target)
    lines = [
        f"{name}: {value}" if value else f"{name};"
        for name, value in headers.get_all()
        if name != "Content-Length"
    ]
    encode_lines([request_line(request.method, target.path), *lines])
    lines += [f"{name}:" for name in _UNASKED_FIELDS if name not in headers]
    if request.body is not None or headers.get("Content-Length") == "0":
        handle.setopt(pycurl.POST, 1)
        handle.setopt(pycurl.POSTFIELDS, request.body or b"")
    if request.method == "HEAD":
        handle.setopt(pycurl.NOBODY, 1)
    if request.asks_to_close:
        handle.setopt(pycurl.FORBID_REUSE, 1)
    handle.setopt(pycurl.CUSTOMREQUEST, request.method)
    handle.setopt(pycurl.HTTPHEADER, [line.encode("latin-1") for line in lines])


def _set_credentials(handle: pycurl.Curl, request: HTTPRequest) -> None:
    if request.auth_username is not None and request.auth_mode == "digest":
        handle.setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_DIGEST)
        handle.setopt(pycurl.USERNAME, _credential(request.auth_username))
        handle.setopt(pycurl.PASSWORD, _credential(request.auth_password))


def _set_proxy(handle: pycurl.Curl, request: HTTPRequest, target: Target) -> None:
    proxy = proxy_of_request(request, TLSContexts())
    check_tunnel(proxy, request, target.origin)
    # The empty name is what keeps libcurl from looking into the environment, and the empty list
    # from what is there in "no_proxy", by which it would pass the proxy by that it was told.
    handle.setopt(pycurl.NOPROXY, "")
    if proxy is None:
        handle.setopt(pycurl.PROXY, "")
        return
    handle.setopt(pycurl.PROXY, f"[{proxy.host}]" if ":" in proxy.host else proxy.host)
    handle.setopt(pycurl.PROXYPORT, proxy.port)
    handle.setopt(pycurl.PROXYTYPE, _PROXY_TYPES[proxy.scheme])
    # Fields for the origin must not be shown to the proxy that only opens a tunnel.
    handle.setopt(pycurl.HEADEROPT, pycurl.HEADER_SEPARATE)
    # And the proxy's answer to it is libcurl's to judge: a kept tunnel has none to tell apart.
    handle.setopt(_SUPPRESS_CONNECT_HEADERS, 1)
    if proxy.username is not None:
        handle.setopt(pycurl.PROXYAUTH, _AUTH_MODES[request.proxy_auth_mode or "basic"])
        handle.setopt(pycurl.PROXYUSERNAME, _credential(proxy.username))
        handle.setopt(pycurl.PROXYPASSWORD, _credential(proxy.password))


def _set_tls(handle: pycurl.Curl, request: HTTPRequest) -> None:
    verify = verifies(request)
    handle.setopt(pycurl.SSL_VERIFYPEER, 1 if verify else 0)
    handle.setopt(pycurl.SSL_VERIFYHOST, 2 if verify else 0)
    handle.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
    # A libcurl that was built elsewhere may know another place than this system's.
    system = ssl.get_default_verify_paths()
    if request.ca_certs or system.cafile:
        handle.setopt(pycurl.CAINFO, os.fsencode(request.ca_certs or system.cafile))
    if not request.ca_certs and system.capath:
        handle.setopt(pycurl.CAPATH, system.capath)
    if request.client_cert is not None:
        handle.setopt(pycurl.SSLCERT, os.fsencode(request.client_cert))
        # Without a passphrase of ours OpenSSL would ask at the terminal, and the loop wait.
        handle.setopt(pycurl.KEYPASSWD, "")
    if request.client_key is not None:
        handle.setopt(pycurl.SSLKEY, os.fsencode(request.client_key))


def _credential(secret: str | None) -> bytes:
    """Give a user name or password as libcurl takes it.

    Raises ``ValueError`` for a control character: not every version of libcurl
    escapes it in a digest's field, and SOCKS has no way to.
    """
    text = secret or ""
    if _CONTROL.search(text):
        raise ValueError("a user name or password holds a control character")
    return credential_octets(text)  # as octets: pycurl takes text of ASCII only
