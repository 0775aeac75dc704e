"""``tornado.escape``: escaping and encoding of text."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "templates": "xhtml_escape xhtml_unescape",
        "http_wire": "url_escape url_unescape parse_qs_bytes",
        "web": """
            json_encode json_decode squeeze utf8 to_unicode native_str recursive_unicode
            linkify _unicode to_basestring
        """,
    },
    # On Python 2 these were three different things.
    renamed={"_unicode": "to_unicode", "to_basestring": "to_unicode"},
)
