"""``tornado.http1connection``: one connection of HTTP/1.1."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "http_wire": "HTTP1ConnectionParameters HTTP1Connection HTTP1ServerConnection",
    },
)
