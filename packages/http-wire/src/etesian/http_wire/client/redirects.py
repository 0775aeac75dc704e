"""Which request follows a redirect, and what it must not carry along.

Pure functions: a request and a response head in, the next request out.
RFC 9110, 15.4, and the Fetch standard where the RFC leaves a choice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from etesian.http_wire.client.reference import resolved
from etesian.http_wire.client.url import Target, parse_url

if TYPE_CHECKING:
    from etesian.http_wire.client.request import HTTPRequest
    from etesian.http_wire.headers import HTTPHeaders

__all__ = ["RedirectRefusedError", "is_redirect", "next_request"]

REDIRECT_CODES = frozenset({301, 302, 303, 307, 308})

# What speaks for the user or names the old host; every field of the name goes.
_ORIGIN_BOUND = ("Authorization", "Cookie", "Cookie2", "Proxy-Authorization", "Host")
# What describes a body that is no longer sent.
_BODY_FIELDS = (
    "Content-Length",
    "Content-Type",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Digest",
    "Transfer-Encoding",
    "Expect",
)

# Browsers drop some of these and read what is left: a "/", a tab and a "/" would name a host.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class RedirectRefusedError(ValueError):
    """Following this redirect would be unsafe; the message tells why."""


def is_redirect(request: HTTPRequest, code: int, headers: HTTPHeaders, followed: int) -> bool:
    """Tell whether this response is to be followed, ``followed`` others having been."""
    return (
        code in REDIRECT_CODES
        and request.follow_redirects
        and followed < request.max_redirects
        and "Location" in headers
        and _is_one(headers.get_list("Location"))
    )


def next_request(
    request: HTTPRequest, target: Target, code: int, location: str
) -> tuple[HTTPRequest, Target]:
    """Give the request that the redirect asks for, and its parsed URL.

    Credentials, cookies, a ``Host`` of the caller's own and the client
    certificate stay behind when scheme, host or port change; ``ssl_options``,
    which nobody can look into, go on.

    Raises :class:`RedirectRefusedError` for a location that is no http or https
    URL, holds a control character or brings credentials of its own, for one
    that leaves TLS (unless ``allow_insecure_redirects``), and for a produced
    body that would have to be sent again.
    """
    if _CONTROL.search(location):
        raise RedirectRefusedError("the location holds a control character")
    try:
        url = resolved(target, _as_text(location))
        if "#" not in url:
            # RFC 9110, 10.2.2: a location without a fragment inherits it.
            url += "".join(request.url.partition("#")[1:])
        to = parse_url(url)
    except ValueError as error:
        raise RedirectRefusedError(str(error)) from None
    if to.username is not None:
        raise RedirectRefusedError("the location brings credentials of its own")
    if target.origin.scheme == "https" != to.origin.scheme and not request.allow_insecure_redirects:
        raise RedirectRefusedError("the location leaves https for http")
    following = request.replaced(url=url, headers=request.headers)
    _change_method(following, code)
    if to.origin != target.origin:
        _leave_origin(following)
    if following.body_producer is not None:
        raise RedirectRefusedError("a produced body cannot be sent again")
    return following, to


def _is_one(locations: list[str]) -> bool:
    # Two would be two ways to go, and joined by a comma a third.
    return len(locations) == 1 and locations[0] != ""


def _as_text(location: str) -> str:
    """Read a field's octets as what servers mean by those beyond ASCII."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _change_method(request: HTTPRequest, code: int) -> None:
    # RFC 9110, 15.4.4: 303 is answered by a GET (a HEAD stays one). For 301 and 302 the same
    # is custom for POST only (15.4.2, note). 307 and 308 change nothing.
    method = request.method
    if (code == 303 and method != "HEAD") or (code in (301, 302) and method == "POST"):
        request.method = "GET"
        request.body = None
        request.body_producer = None
        request.expect_100_continue = False
        _drop(request.headers, _BODY_FIELDS)


def _leave_origin(request: HTTPRequest) -> None:
    _drop(request.headers, _ORIGIN_BOUND)
    request.auth_username = request.auth_password = None
    request.client_cert = request.client_key = None


def _drop(headers: HTTPHeaders, names: tuple[str, ...]) -> None:
    for name in names:
        if name in headers:
            del headers[name]
