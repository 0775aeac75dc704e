"""``tornado.simple_httpclient``: the HTTP client that needs nothing else."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "http_wire": "SimpleAsyncHTTPClient HTTPTimeoutError HTTPStreamClosedError",
    },
)
