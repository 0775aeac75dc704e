"""What a fetch asks for."""

from __future__ import annotations

import time
from copy import copy
from typing import TYPE_CHECKING, Any, Unpack

from etesian.http_wire.client.options import RequestOptions
from etesian.http_wire.dates import format_timestamp
from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.wire.grammar import list_members

if TYPE_CHECKING:
    import datetime as dt
    import ssl
    from collections.abc import Callable, Mapping

    from etesian.http_wire.client.options import BodyProducer, HeaderCallback, StreamingCallback

__all__ = ["HTTPRequest"]


class HTTPRequest:
    """One request for :meth:`AsyncHTTPClient.fetch`, and how it is to be made.

    ::

        request = HTTPRequest(
            url,
            method="PUT",
            headers={"Content-Type": "application/json"},
            body='{"name": "Ada"}',
            request_timeout=5,
        )
        response = await client.fetch(request)

    Every argument is an attribute of the same name (except
    ``if_modified_since``, which becomes a header). ``None`` leaves an option
    unset: it then reads as the class's default, and gives way to the client's
    ``defaults``. Values are converted on assignment as at construction. The
    request is not changed by a fetch, so it may be fetched again, also
    concurrently.

    Raises ``TypeError`` for an unknown option and for a body that is neither
    bytes nor text, ``ValueError`` for a header that may not be sent. URL and
    options are judged when they are fetched.

    ``url``
        Absolute, http or https; :func:`~etesian.http_wire.client.url.parse_url`
        is its grammar. A user and password in it serve as ``auth_username`` and
        ``auth_password`` and are sent nowhere else.
    ``method``
        GET, HEAD, DELETE or OPTIONS, without a body, or POST, PUT or PATCH,
        with one; others with ``allow_nonstandard_methods`` only.
    ``headers``
        Any mapping; it is copied. An :class:`HTTPHeaders` may hold a name more
        than once.
    ``body``
        Bytes, or text to be sent as UTF-8.
    ``body_producer``
        Instead of ``body``: called with an awaitable ``write(chunk)`` once the
        request head is on its way; the awaitable that it returns is the body's
        end, its exception aborts the fetch and is raised there. One that returns
        ``None`` has written all. Sent in chunks unless ``headers`` hold a
        ``Content-Length``.
    ``auth_username``, ``auth_password``, ``auth_mode``
        ``basic`` is the only mode of the pooled client (RFC 7617, in UTF-8).
    ``connect_timeout``
        Seconds that waiting for a slot, name resolution, connecting and the TLS
        handshake may take together, 20 by default; 0 is no limit.
    ``request_timeout``
        Seconds for the whole fetch, redirects included, 20 by default; 0 is no
        limit.
    ``if_modified_since``
        A ``datetime`` or seconds since the epoch.
    ``follow_redirects``, ``max_redirects``
        Whether 301, 302, 303, 307 and 308 responses are followed, and how many
        in a row: 5 by default. The one beyond is the outcome, as an error.
    ``allow_insecure_redirects``
        Let a redirect lead from https to http; otherwise such a response is the
        outcome, as an error.
    ``streaming_callback``
        Called with each piece of the body as it arrives, which is then not
        kept. If it returns an awaitable, reading pauses until that ends.
    ``header_callback``
        Called with the status line, each header line and the empty line, all
        ending in CR LF, before any piece of the body.
    ``user_agent``
        In place of the ``User-Agent`` of ``headers``, or of our own name.
    ``decompress_response``
        Ask for gzip, unless ``headers`` hold an ``Accept-Encoding``, and decode
        what comes: gzip and deflate, with their extras also brotli and zstd. The
        limits hold for the decoded size, too. On by default.
    ``network_interface``
        The local IP address to connect from; libcurl also takes the name of an
        interface.
    ``proxy``
        The URL of a proxy, which may hold user and password. By its scheme:
        ``http`` (also without a scheme) is asked for http by absolute URL, for
        https to open a tunnel, within which the server is verified as ever;
        ``https`` is the same, spoken to over TLS; ``socks5h`` is given the
        server's name, ``socks5`` an address that was looked up here,
        ``socks4a`` and ``socks4`` likewise. SOCKS needs the extra ``socks``,
        or the client on libcurl, which has no ``https``.
    ``proxy_host``, ``proxy_port``
        An HTTP proxy, without a scheme, in place of ``proxy``.
    ``proxy_username``, ``proxy_password``, ``proxy_auth_mode``
        Credentials for the proxy alone; ``basic`` is the only mode of the
        pooled client.
    ``proxy_ssl_options``
        An ``SSLContext``: an HTTP proxy, however it is named, is spoken to over
        TLS, and trusted by this. For the pooled client only.
    ``prepare_curl_callback``
        Called by the client on libcurl with the ``pycurl.Curl`` of each hop, its
        options set, to change them; the pooled client does not call it.
    ``allow_nonstandard_methods``
        Any token as ``method``, with or without a body.
    ``validate_cert``, ``ca_certs``, ``client_key``, ``client_cert``
        TLS: whether to verify the server, and names of PEM files; a key
        without a passphrase.
    ``ssl_options``
        An ``SSLContext`` that replaces the four before it, for redirects to
        other servers too: one that holds a client certificate shows it to them,
        which ``client_cert`` does not.
    ``allow_ipv6``
        Whether IPv6 addresses of the host are tried.
    ``expect_100_continue``
        Send the body only after the server's ``100 Continue``.

    ``start_time`` is when the request was made, in seconds since the epoch.
    """

    # What every request has. What is set beside, option or other, is in its dictionary, so that
    # an empty one tells of a plain request; options that are unset are read from the class.
    __slots__ = ("__dict__", "__weakref__", "_body", "_headers", "method", "start_time", "url")

    auth_username: str | None = None
    auth_password: str | None = None
    auth_mode: str = "basic"
    connect_timeout: float = 20.0
    request_timeout: float = 20.0
    follow_redirects: bool = True
    max_redirects: int = 5
    allow_insecure_redirects: bool = False
    user_agent: str | None = None
    decompress_response: bool = True
    network_interface: str | None = None
    streaming_callback: StreamingCallback | None = None
    header_callback: HeaderCallback | None = None
    prepare_curl_callback: Callable[[Any], object] | None = None
    proxy: str | None = None
    proxy_host: str | None = None
    proxy_port: int | None = None
    proxy_username: str | None = None
    proxy_password: str | None = None
    proxy_auth_mode: str | None = None
    proxy_ssl_options: ssl.SSLContext | None = None
    allow_nonstandard_methods: bool = False
    validate_cert: bool = True
    ca_certs: str | None = None
    allow_ipv6: bool = True
    client_key: str | None = None
    client_cert: str | None = None
    body_producer: BodyProducer | None = None
    expect_100_continue: bool = False
    ssl_options: ssl.SSLContext | None = None

    def __init__(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        *,
        if_modified_since: float | dt.datetime | None = None,
        **options: Unpack[RequestOptions],
    ) -> None:
        self.url = url
        self.method = method
        self._headers: HTTPHeaders | None = HTTPHeaders(headers) if headers else None
        self._body: bytes | None = None
        if body is not None:
            self.body = body
        self.start_time = time.time()
        if if_modified_since is not None:
            self.headers["If-Modified-Since"] = format_timestamp(if_modified_since)
        if options:
            self._set(options)

    def _set(self, options: RequestOptions) -> None:
        for name, value in options.items():
            if name not in _OPTIONS:
                raise TypeError(f"HTTPRequest has no option {name!r}")
            if value is not None:
                setattr(self, name, value)

    @property
    def headers(self) -> HTTPHeaders:
        """The fields to send; what the client adds is not among them."""
        if self._headers is None:
            self._headers = HTTPHeaders()
        return self._headers

    @headers.setter
    def headers(self, headers: Mapping[str, str] | None) -> None:
        self._headers = HTTPHeaders(headers) if headers else None

    @property
    def body(self) -> bytes | None:
        """The bytes to send; ``None`` sends no body, ``b""`` an empty one."""
        return self._body

    @body.setter
    def body(self, body: bytes | str | None) -> None:
        if isinstance(body, str):
            body = body.encode()
        # A buffer that its owner may still change is copied while it is what was meant.
        # Through a view, as bytes(3) is three zeros and no error.
        self._body = body if body is None or type(body) is bytes else bytes(memoryview(body))

    def is_plain(self) -> bool:
        """Tell whether URL and method say it all: no other attribute was ever set.

        Such requests of equal URL and method are equal.
        """
        return (
            not self.__dict__
            and self._body is None
            and not self._headers
            and type(self) is HTTPRequest
        )

    @property
    def asks_to_close(self) -> bool:
        """Whether ``headers`` say that this is the last of its connection (RFC 9112, 9.6)."""
        headers = self._headers
        if not headers or "Connection" not in headers:
            return False
        return "close" in list_members(headers["Connection"].lower())

    def with_defaults(self, defaults: RequestOptions) -> HTTPRequest:
        """Give this request, or a copy where an unset option has a default here."""
        missing = {name: value for name, value in defaults.items() if name not in vars(self)}
        return self.replaced(**missing) if missing else self

    def replaced(self, **attributes: object) -> HTTPRequest:
        """Give a copy with other values for these attributes."""
        request = copy(self)
        for name, value in attributes.items():
            setattr(request, name, value)
        return request

    def __repr__(self) -> str:
        return f"<HTTPRequest {self.method}>"


_OPTIONS = frozenset(RequestOptions.__annotations__)
