"""``tornado.tcpclient``: connecting over TCP."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "streams": "TCPClient",
    },
)
