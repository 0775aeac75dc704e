"""``tornado.httpserver``: the HTTP server."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "http_wire": "HTTPServer",
    },
)
