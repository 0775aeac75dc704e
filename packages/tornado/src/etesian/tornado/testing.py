"""``tornado.testing``: test cases."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.testing": "AsyncTestCase gen_test ExpectLog main bind_unused_port",
        "web": "AsyncHTTPTestCase AsyncHTTPSTestCase",
    },
)
