"""``tornado.platform.caresresolver``: name resolution by c-ares."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "streams": "CaresResolver",
    },
)
