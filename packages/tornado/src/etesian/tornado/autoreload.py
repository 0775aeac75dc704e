"""``tornado.autoreload``: restarting the program when its files change."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "core_loop.autoreload": "start wait watch add_reload_hook main",
    },
)
