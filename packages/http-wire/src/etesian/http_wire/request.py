"""One request as a handler sees it: nothing is parsed before it is asked for."""

from __future__ import annotations

import time
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from etesian.http_wire.byte_range import parse_byte_range
from etesian.http_wire.cookies import parse_cookie
from etesian.http_wire.forms import parse_body_arguments
from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.urls import parse_qs_bytes, split_host_and_port
from etesian.http_wire.wire.head import split_absolute_form

if TYPE_CHECKING:
    from etesian.http_wire.forms import HTTPFile
    from etesian.http_wire.interface import RequestStartLine


class HTTPServerRequest:
    """A request of a server.

    ``method``, ``uri`` (path and query as received), ``path``, ``query``,
    ``version``, ``headers``, ``body`` and ``connection`` are there at once. All
    else is worked out when first asked for and then kept. ``body`` may be set
    until the arguments or files are first asked for.

    Arguments map a name to its values, oldest first: names are text, values are
    the bytes that came, percent-decoded, empty ones kept.
    """

    # What is worked out later is a default of the class: it costs a request nothing.
    _host: str | None = None
    _arguments: dict[str, list[bytes]] | None = None
    _query_arguments: dict[str, list[bytes]] | None = None
    _body_arguments: dict[str, list[bytes]] | None = None
    _files: dict[str, list[HTTPFile]] | None = None
    _parsed_form: tuple[dict[str, list[bytes]], dict[str, list[HTTPFile]]] | None = None
    _cookies: SimpleCookie | None = None
    # A tuple of the answer, so that "no range" is known to have been looked for.
    _byte_range: tuple[tuple[int | None, int | None] | None] | None = None
    _remote_ip: str | None = None
    _protocol: str | None = None

    def __init__(  # noqa: PLR0917  # the documented order of arguments
        self,
        method: str | None = None,
        uri: str | None = None,
        version: str = "HTTP/1.0",
        headers: HTTPHeaders | None = None,
        body: bytes | None = None,
        host: str | None = None,
        files: dict[str, list[HTTPFile]] | None = None,
        connection: Any = None,
        start_line: RequestStartLine | None = None,
        server_connection: object = None,
    ) -> None:
        if start_line is not None:
            method, uri, version = start_line
        uri = uri or ""
        if uri[:1] != "/" and uri:
            authority, uri = split_absolute_form(uri)
            host = host or authority  # HTTP/1.0 has no other; in 1.1 they are the same
        self.method = method
        self.uri = uri
        self.path, _, self.query = uri.partition("?")
        self.version = version
        self.headers = HTTPHeaders() if headers is None else headers
        self.body = body or b""
        self.connection = connection
        self.server_connection = server_connection
        if host is not None:
            self._host = host
        if files is not None:
            self._files = files
        self._started_at = time.monotonic()

    # Where it comes from

    @property
    def host(self) -> str:
        """The host with its port, as the client named it; ``127.0.0.1`` where it did not."""
        return self._host or self.headers.get("Host") or "127.0.0.1"

    @property
    def host_name(self) -> str:
        """The host without its port, in lower case."""
        return split_host_and_port(self.host.lower())[0]

    @property
    def remote_ip(self) -> str | None:
        """The client's address; ``None`` without a connection."""
        if self._remote_ip is None:
            self._remote_ip = getattr(self._context, "remote_ip", None)
        return self._remote_ip

    @remote_ip.setter
    def remote_ip(self, value: str) -> None:
        self._remote_ip = value

    @property
    def protocol(self) -> str:
        """``http`` or ``https``, as the client sees it."""
        if self._protocol is None:
            self._protocol = getattr(self._context, "protocol", "http")
        return self._protocol

    @protocol.setter
    def protocol(self, value: str) -> None:
        self._protocol = value

    @property
    def _context(self) -> object:
        return getattr(self.connection, "context", None)

    def full_url(self) -> str:
        """Give the URL that the client asked for."""
        return f"{self.protocol}://{self.host}{self.uri}"

    def get_ssl_certificate(self, binary_form: bool = False) -> dict[str, Any] | bytes | None:
        """Give the client's certificate, decoded or as DER; ``None`` where it has shown none.

        Only a server whose ``SSLContext`` asks for one gets any. The decoded
        form is that of ``ssl.SSLSocket.getpeercert``.
        """
        tls = getattr(self.connection, "ssl_object", None)
        if tls is None:
            return None
        certificate: dict[str, Any] | bytes | None = tls.getpeercert(binary_form)
        return certificate

    def request_time(self) -> float:
        """Give the seconds from the request's arrival to the end of its response, or to now."""
        finished_at: float | None = getattr(self.connection, "finished_at", None)
        return (finished_at or time.monotonic()) - self._started_at

    # What it holds

    @property
    def arguments(self) -> dict[str, list[bytes]]:
        """The fields of the query, then those of the body.

        Raises ``HTTPInputError`` as :attr:`body_arguments` does.
        """
        if self._arguments is None:
            merged = {name: list(values) for name, values in self.query_arguments.items()}
            for name, values in self.body_arguments.items():
                merged.setdefault(name, []).extend(values)
            self._arguments = merged
        return self._arguments

    @arguments.setter
    def arguments(self, value: dict[str, list[bytes]]) -> None:
        self._arguments = value

    @property
    def query_arguments(self) -> dict[str, list[bytes]]:
        """The fields of the query."""
        if self._query_arguments is None:
            self._query_arguments = parse_qs_bytes(self.query, keep_blank_values=True)
        return self._query_arguments

    @query_arguments.setter
    def query_arguments(self, value: dict[str, list[bytes]]) -> None:
        self._query_arguments = value

    @property
    def body_arguments(self) -> dict[str, list[bytes]]:
        """The fields of a form body, whatever the method.

        Raises ``HTTPInputError``, with the status to answer, where the body is
        malformed or holds too much.
        """
        if self._body_arguments is None:
            self._body_arguments = self._form[0]
        return self._body_arguments

    @body_arguments.setter
    def body_arguments(self, value: dict[str, list[bytes]]) -> None:
        self._body_arguments = value

    @property
    def files(self) -> dict[str, list[HTTPFile]]:
        """The files of a multipart body, by field name.

        Raises ``HTTPInputError`` as :attr:`body_arguments` does.
        """
        if self._files is None:
            self._files = self._form[1]
        return self._files

    @property
    def _form(self) -> tuple[dict[str, list[bytes]], dict[str, list[HTTPFile]]]:
        """The fields and files of the body, parsed once."""
        if self._parsed_form is None:
            arguments: dict[str, list[bytes]] = {}
            files: dict[str, list[HTTPFile]] = {}
            kind = self.headers.get("Content-Type", "")
            parse_body_arguments(kind, self.body, arguments, files, self.headers)
            self._parsed_form = arguments, files
        return self._parsed_form

    @property
    def cookies(self) -> SimpleCookie:
        """The cookies by name; what is no cookie is left out."""
        if self._cookies is None:
            cookies = SimpleCookie()
            for name, value in parse_cookie(self.headers.get("Cookie", "")).items():
                try:
                    cookies[name] = value
                except CookieError:
                    continue
            self._cookies = cookies
        return self._cookies

    @property
    def byte_range(self) -> tuple[int | None, int | None] | None:
        """The one range that the client asks for, as the bounds of a Python slice.

        ``(2, 5)`` for ``bytes=2-4``, ``(2, None)`` for ``bytes=2-``, ``(-5,
        None)`` for ``bytes=-5``. ``None`` for no range, several, or a malformed
        one, all of which mean the whole (RFC 9110, 14.2).
        """
        if self._byte_range is None:
            self._byte_range = (parse_byte_range(self.headers.get("Range", "")),)
        return self._byte_range[0]

    def __repr__(self) -> str:
        """Show the request without its headers and body, which may hold secrets."""
        shown = ("protocol", "host", "method", "uri", "version", "remote_ip")
        inside = ", ".join([f"{name}={getattr(self, name)!r}" for name in shown])
        return f"{type(self).__name__}({inside})"
