"""The three ways to treat white space in the text of a template.

White space is what HTML calls so (tab, line feed, form feed, carriage return,
space) and vertical tab. A no-break space is a character like any other.
"""

from __future__ import annotations

import re

from etesian.templates.whitespace_modes import MODES

_BLANKS = re.compile(r"[ \t\r\f\v]+")
# Runs after _BLANKS, so that at most one space stands before a line feed. A pattern like
# \s*\n\s* on the original text would take quadratic time on a long run without a line feed.
_LINE_BREAK = re.compile(r" ?\n[ \n]*")
_ANY = re.compile(r"[ \t\r\f\v\n]+")


def filter_whitespace(mode: str, text: str) -> str:
    r"""Give the text with its white space treated as the mode says, in linear time.

    ``all`` leaves it as it is. ``single`` makes one character of each run: a line
    feed if the run contains one, else a space. ``oneline`` makes one space of each.

    Raises:
        ValueError: the mode is none of these.

    >>> filter_whitespace("single", "a  \n\n  b   c")
    'a\nb c'
    """
    if mode == "all":
        return text
    if mode == "single":
        return _LINE_BREAK.sub("\n", _BLANKS.sub(" ", text))
    if mode == "oneline":
        return _ANY.sub(" ", text)
    raise ValueError(f"whitespace mode is {mode!r}, expected one of {sorted(MODES)}")


def treat_text(mode: str, text: str) -> str:
    """Give the text between two tags as it goes out: ``filter_whitespace``, but for ``<pre>``.

    Where white space shows, it stays: text that opens a ``<pre>`` is left alone.
    """
    return text if "<pre>" in text else filter_whitespace(mode, text)
