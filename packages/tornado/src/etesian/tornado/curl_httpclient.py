"""``tornado.curl_httpclient``: the HTTP client on libcurl; ``ImportError`` without pycurl."""

from __future__ import annotations

from etesian.http_wire.interface import api as http_wire
from etesian.tornado.httpclient import CallbackFetch

__all__ = ["CurlAsyncHTTPClient", "CurlError"]

CurlError = http_wire.CurlError


class CurlAsyncHTTPClient(CallbackFetch, http_wire.CurlAsyncHTTPClient):
    """The client on libcurl, whose ``fetch`` takes ``callback=``."""
