"""``tornado.curl_httpclient``: the HTTP client on libcurl."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "http_wire": "CurlAsyncHTTPClient CurlError",
    },
)
