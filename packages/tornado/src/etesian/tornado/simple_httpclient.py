"""``tornado.simple_httpclient``: the HTTP client that needs nothing else."""

from __future__ import annotations

from etesian.tornado.httpclient import SimpleAsyncHTTPClient  # noqa: F401 - offered here
from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__, {"http_wire": "HTTPTimeoutError HTTPStreamClosedError"}, own="SimpleAsyncHTTPClient"
)
