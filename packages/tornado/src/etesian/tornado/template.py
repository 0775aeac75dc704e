"""``tornado.template``: the template language."""

from __future__ import annotations

from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "templates": "Template BaseLoader Loader DictLoader ParseError filter_whitespace",
    },
)
