"""``tornado.escape``: escaping and encoding of text."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "web.escape": """
            xhtml_escape xhtml_unescape url_escape url_unescape parse_qs_bytes json_encode
            json_decode squeeze utf8 to_unicode native_str recursive_unicode linkify
        """,
    },
)
