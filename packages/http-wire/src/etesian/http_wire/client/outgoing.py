"""The request as it goes on the wire: its fields, checked, and its body.

RFC 9110, 9 and 10.1, and RFC 9112, 3 and 6. Everything that could break the
framing is refused here, before a connection is asked for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from etesian.http_wire.basic_auth import basic_credentials
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.wire.grammar import decimal, is_token
from etesian.http_wire.wire.head_writer import encode_head, request_line

if TYPE_CHECKING:
    from etesian.http_wire.client.proxy import Proxy
    from etesian.http_wire.client.url import Target
    from etesian.http_wire.headers import HTTPHeaders

__all__ = [
    "OutgoingRequest",
    "check_auth_mode",
    "check_request",
    "check_seconds",
    "is_repeatable",
    "request_head",
    "request_headers",
]

DEFAULT_USER_AGENT = "etesian-http-wire"

# RFC 9110, 9.2.2, of those that a client sends by itself.
_IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
_STANDARD_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

# A body up to this size is copied behind its head, so that both leave in one packet; a larger one
# is not worth the copy.
_JOINED_SIZE = 16 * 1024


class OutgoingRequest:
    """A checked request, where it goes, and how: it may be sent any number of times.

    ``octets`` is what is sent at first, and ``is_whole`` says whether that is
    all. ``is_observed`` says whether somebody wants to see the response come,
    ``asks_to_close`` whether the request says that it is the last of its
    connection, ``is_repeatable`` what :func:`is_repeatable` does.
    """

    __slots__ = (
        "asks_to_close",
        "is_observed",
        "is_repeatable",
        "is_whole",
        "method",
        "octets",
        "request",
        "target",
    )

    def __init__(
        self, request: HTTPRequest, target: Target, head: bytes, *, for_jar: bool = False
    ) -> None:
        """``head`` is what :func:`request_head` gives; ``for_jar`` tells of cookies to be kept."""
        body = request.body or b""
        joined = len(body) <= _JOINED_SIZE and not request.expect_100_continue
        self.request = request
        self.target = target
        self.method = request.method
        self.octets = head + body if joined else head
        self.asks_to_close = request.asks_to_close
        self.is_whole = request.body_producer is None and (joined or not body)
        self.is_repeatable = is_repeatable(request)
        self.is_observed = (
            for_jar or request.streaming_callback is not None or request.header_callback is not None
        )


def is_repeatable(request: HTTPRequest) -> bool:
    """Tell whether sending it twice is as good as once, and possible (RFC 9110, 9.2.2)."""
    return request.method in _IDEMPOTENT_METHODS and request.body_producer is None


def check_request(request: HTTPRequest) -> None:
    """Refuse what a request must not be.

    Raises ``KeyError`` for a method that is not one of the usual seven, and
    ``ValueError`` for one that lacks or has a body against its custom: both
    only without ``allow_nonstandard_methods``. Raises ``ValueError`` for a
    method that is no token, for ``CONNECT``, which leaves no connection to HTTP,
    for a body beside a body producer, and for a timeout less than 0;
    ``TypeError`` for one that is no number.
    """
    if request.connect_timeout is not None:  # which is no limit, as 0 is
        check_seconds("connect_timeout", request.connect_timeout)
    if request.request_timeout is not None:
        check_seconds("request_timeout", request.request_timeout)
    has_body = request.body is not None or request.body_producer is not None
    if request.body is not None and request.body_producer is not None:
        raise ValueError("a request has a body or a body_producer, not both")
    if request.allow_nonstandard_methods:
        if not is_token(request.method):
            raise ValueError("the method is not a token")
        if request.method == "CONNECT":
            raise ValueError("CONNECT opens a tunnel, which is for the proxy options to ask for")
    elif request.method not in _STANDARD_METHODS:
        raise KeyError(f"unknown method {request.method!r}")
    elif has_body != (request.method in _WITH_BODY):
        raise ValueError(
            f"{request.method} is sent {'without' if has_body else 'with'} a body, "
            "unless allow_nonstandard_methods is set"
        )


def check_seconds(option: str, value: object) -> None:
    """Refuse what is no time.

    Raises ``ValueError`` for less than 0 and for what no float holds,
    ``TypeError`` for what is no number.
    """
    if not isinstance(value, (int, float)):
        raise TypeError(f"{option} must be a number of seconds, not {type(value).__name__}")
    if not value >= 0:
        raise ValueError(f"{option} is {value}, expected 0 or more seconds")
    try:
        float(value)
    except OverflowError:
        raise ValueError(f"{option} is beyond all numbers of seconds") from None


def check_auth_mode(request: HTTPRequest) -> None:
    """Refuse an ``auth_mode`` other than basic, which only libcurl has.

    Raises ``ValueError`` for it: basic in its place would show the password.
    """
    if request.auth_mode != "basic":
        raise ValueError(f"auth_mode {request.auth_mode!r} is not supported, only 'basic'")


def request_head(request: HTTPRequest, target: Target, proxy: Proxy | None = None) -> bytes:
    """Give the whole head as octets, its empty line included.

    ``proxy`` is whom the head is for, if that is not the origin; one that only
    tunnels is not. Raises ``ValueError`` as :func:`request_headers` does, and for a method or
    target that may not stand in a request line.
    """
    if proxy is not None:
        return _head_for_proxy(request, target, proxy)
    if (
        request.headers
        or request.body is not None
        or request.body_producer is not None
        or request.auth_username is not None
        or request.method in _WITH_BODY
    ):
        return _full_head(request, target)
    return _plain_head(request.method, target, request.user_agent, request.decompress_response)


def _head_for_proxy(request: HTTPRequest, target: Target, proxy: Proxy) -> bytes:
    """Give the head in absolute form (RFC 9112, 3.2.2)."""
    headers = request_headers(request, target)
    if proxy.authorization is not None:
        headers["Proxy-Authorization"] = proxy.authorization
    return encode_head(request_line(request.method, target.url), headers)


def _full_head(request: HTTPRequest, target: Target) -> bytes:
    return encode_head(request_line(request.method, target.path), request_headers(request, target))


# Most requests say nothing of their own, and those of one program are few: making such a head
# costs as much as half of all else that a fetch does.
@lru_cache(maxsize=256)
def _plain_head(
    method: str, target: Target, user_agent: str | None, decompress_response: bool
) -> bytes:
    request = HTTPRequest(
        target.url,
        method,
        user_agent=user_agent,
        decompress_response=decompress_response,
    )
    return _full_head(request, target)


def request_headers(request: HTTPRequest, target: Target) -> HTTPHeaders:
    """Give all fields to send: the request's own, and what they leave to the client.

    Raises ``ValueError`` for a ``Content-Length`` or ``Transfer-Encoding`` that
    would not tell the truth about the body.
    """
    # What is made up here needs no look at its octets; the finished head is looked at anyway.
    headers = request.headers.copy()
    if "Host" not in headers:
        headers.set_valid("Host", target.origin.authority)
    if request.user_agent is not None:
        headers["User-Agent"] = request.user_agent
    elif "User-Agent" not in headers:
        headers.set_valid("User-Agent", DEFAULT_USER_AGENT)
    if request.decompress_response and "Accept-Encoding" not in headers:
        headers.set_valid("Accept-Encoding", "gzip")
    if request.auth_username is not None:
        headers["Authorization"] = basic_credentials(
            request.auth_username, request.auth_password or ""
        )
    _frame(request, headers)
    return headers


def _frame(request: HTTPRequest, headers: HTTPHeaders) -> None:
    if "Transfer-Encoding" in headers:
        raise ValueError("Transfer-Encoding is set by the client, from body or body_producer")
    if request.body_producer is not None:
        if "Content-Length" in headers:
            _announced_length(headers)
        else:
            headers.set_valid("Transfer-Encoding", "chunked")
    elif request.body is not None or request.method in _WITH_BODY:
        _set_length(headers, len(request.body or b""))
    elif "Content-Length" in headers and headers["Content-Length"] != "0":
        raise ValueError("Content-Length announces a body, but there is none")
    if request.method == "POST" and "Content-Type" not in headers:
        headers.set_valid("Content-Type", "application/x-www-form-urlencoded")
    if request.expect_100_continue and (request.body or request.body_producer):
        headers.set_valid("Expect", "100-continue")


def _set_length(headers: HTTPHeaders, length: int) -> None:
    if "Content-Length" in headers and _announced_length(headers) != length:
        raise ValueError(f"Content-Length differs from the body's {length} bytes")
    headers.set_valid("Content-Length", str(length))


def _announced_length(headers: HTTPHeaders) -> int:
    try:
        return decimal(headers["Content-Length"])
    except OverflowError as error:
        raise ValueError(f"Content-Length: {error}") from None
