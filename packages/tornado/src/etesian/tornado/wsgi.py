"""``tornado.wsgi``: running WSGI applications."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "web": "WSGIContainer WSGIAdapter WSGIApplication to_wsgi_str",
    },
)
