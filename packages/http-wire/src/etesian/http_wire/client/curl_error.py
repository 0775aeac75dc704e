"""The failures that libcurl has numbers for."""

from __future__ import annotations

import pycurl

from etesian.http_wire.client.errors import HTTPClientError

__all__ = ["CurlError"]

# Our certificate, its key, that of the server, or those that are trusted: the same at every try.
_LASTING = {
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_BAD_FUNCTION_ARGUMENT,  # what a key is that OpenSSL cannot use
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CACERT_BADFILE,
}


class CurlError(HTTPClientError):
    """libcurl gave no response; ``errno`` is its ``CURLE_`` number, ``code`` is 599."""

    def __init__(self, errno: int, message: str) -> None:
        super().__init__(599, message)
        self.errno = errno

    @property
    def is_lasting(self) -> bool:
        """Whether no repetition can change this failure."""
        return self.errno in _LASTING

    def __reduce__(self) -> tuple[type[CurlError], tuple[int, str]]:
        return type(self), (self.errno, self.message)
