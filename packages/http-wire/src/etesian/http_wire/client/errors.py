"""What a fetch raises.

::

    HTTPClientError             a status that is no success, or 599: no response
    ├── HTTPTimeoutError        599; the message names the phase and its limit
    ├── HTTPStreamClosedError   599; the peer left before the response was whole
    ├── HTTPProtocolError       599; the peer's bytes are no response, or too many
    │   └── EventStreamError    599; of ``event_connection``: they are no event stream
    ├── HTTPProxyError          599; the proxy opens no tunnel; ``proxy_code`` is its status
    │   └── SOCKSProxyError     599; the same of a SOCKS proxy, ``proxy_code`` in its own numbers
    └── CurlError               599; of ``curl_error``: any other failure that libcurl numbers

Errors of name resolution, of connecting and of TLS stay what they are
(``OSError``, ``ssl.SSLError``); of files of certificates that cannot be used
they name which (``CertificateFileError`` of ``tls``). No message holds a URL, a
header that was sent, or a body: all of them may hold secrets. That of an
:class:`HTTPProtocolError` quotes up to 80 octets of a malformed head, escaped.
"""

from __future__ import annotations

from etesian.http_wire.interface import HTTPClientError

__all__ = [
    "HTTPClientError",
    "HTTPError",
    "HTTPProtocolError",
    "HTTPProxyError",
    "HTTPStreamClosedError",
    "HTTPTimeoutError",
    "SOCKSProxyError",
    "as_outcome",
]

# The older one of its two documented names.
HTTPError = HTTPClientError


def as_outcome(error: BaseException) -> BaseException:
    """Give what a future can end with: ``error``, or one in its place.

    Up to CPython 3.11 a future takes no ``StopIteration``, which a callback's ``next()`` may well
    raise, and would never end; the later ones put the same error in its place.
    """
    if not isinstance(error, StopIteration):
        return error
    replacement = RuntimeError("a callback raised StopIteration")
    replacement.__cause__ = error
    return replacement


class _NoResponseError(HTTPClientError):
    """Status 599, by convention: there is no response to speak of."""

    def __init__(self, message: str) -> None:
        super().__init__(599, message)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[type[_NoResponseError], tuple[str]]:
        return type(self), (self.message,)


class HTTPTimeoutError(_NoResponseError):
    """A phase of the fetch took longer than its limit; the message names both."""


class HTTPStreamClosedError(_NoResponseError):
    """The connection ended before the response did; nothing of it is given."""


class HTTPProtocolError(_NoResponseError):
    """The peer's bytes are not an HTTP response, or pass a limit of the client."""


class HTTPProxyError(_NoResponseError):
    """The proxy answered the request for a tunnel with ``proxy_code``, which is no success.

    407 asks for credentials. What came with the status is not given: over
    https nothing but the origin's own response counts as one.
    """

    proxy_code: int | None

    def __init__(self, proxy_code: int) -> None:
        super().__init__(f"the proxy opens no tunnel: status {proxy_code}")
        self.proxy_code = proxy_code

    def __reduce__(self) -> tuple[type[HTTPProxyError], tuple[int | None]]:  # type: ignore[override]  # its own argument
        return type(self), (self.proxy_code,)


class SOCKSProxyError(HTTPProxyError):
    """The SOCKS proxy makes no connection.

    ``proxy_code`` is the number of its reply (RFC 1928, 6: 2 not allowed, 3 to 5
    unreachable or refused), ``None`` where it refused the credentials, does not
    speak SOCKS, or left.
    """

    def __init__(self, message: str, proxy_code: int | None) -> None:
        _NoResponseError.__init__(self, f"the SOCKS proxy makes no connection: {message}")
        self.proxy_code = proxy_code
        self._reason = message

    def __reduce__(self) -> tuple[type[SOCKSProxyError], tuple[str, int | None]]:  # type: ignore[override]  # its own arguments
        return type(self), (self._reason, self.proxy_code)
