"""Text in which URLs become links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from etesian.templates.escaping import to_text, xhtml_escape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# What looks like a URL goes on to the next white space, quote or angle bracket; what of its end
# belongs to the sentence around it is cut off by hand. No two parts can match the same text, so
# the time is linear.
_URL = re.compile(
    r"""(?<![\w/]) (?: (?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}) : (?P<slashes>/{0,3})
                     | (?=www\.) )
        [^\s<>"']+""",
    re.VERBOSE,
)

# These have an authority: without a slash after the colon they are words of a sentence.
_NEED_SLASHES = frozenset({"http", "https", "ftp"})

_OPENING = {")": "(", "]": "[", "}": "{"}
_PUNCTUATION = ".,;:!?*_~"

# Characters of a URL that a reader sees if it is to be short: about a third of a line.
_SHORT = 30


def linkify(
    text: str | bytes,
    shorten: bool = False,
    extra_params: str | Callable[[str], str] = "",
    require_protocol: bool = False,
    permitted_protocols: Collection[str] = ("http", "https"),
) -> str:
    """Give the text as HTML in which URLs are links; everything else is escaped.

    ``shorten`` cuts what is shown of a long URL (its whole is the link's title).
    ``extra_params`` is put into each tag as it stands, or is a function that gives
    this text for a URL. ``require_protocol`` leaves ``www.example.com`` alone.
    Only the ``permitted_protocols`` become links: with ``javascript`` among them,
    whoever writes the text runs code in the reader's page.

    The result is HTML already: use it with ``{% raw %}``.

    >>> linkify("See http://example.com/?a&b.")
    'See <a href="http://example.com/?a&amp;b">http://example.com/?a&amp;b</a>.'
    """
    permitted = {protocol.lower() for protocol in permitted_protocols}

    def link(match: re.Match[str]) -> tuple[str, str]:
        """Give the link for a match, and the rest of the match; no link at all may be right."""
        scheme = match["scheme"]
        shown = _without_sentence_end(match[0])
        if scheme is None:
            allowed = not require_protocol and len(shown) > len("www.")
        else:
            allowed = scheme.lower() in permitted and (
                bool(match["slashes"]) or scheme.lower() not in _NEED_SLASHES
            )
        if not allowed:
            return "", match[0]
        url = shown if scheme else f"http://{shown}"
        return _anchor(url, shown, extra_params, shorten=shorten), match[0][len(shown) :]

    return _replace(to_text(text), link)


def _replace(text: str, link: Callable[[re.Match[str]], tuple[str, str]]) -> str:
    pieces = []
    position = 0
    for match in _URL.finditer(text):
        anchor, rest = link(match)
        pieces += [xhtml_escape(text[position : match.start()]), anchor, xhtml_escape(rest)]
        position = match.end()
    pieces.append(xhtml_escape(text[position:]))
    return "".join(pieces)


def _anchor(
    url: str, shown: str, extra_params: str | Callable[[str], str], *, shorten: bool
) -> str:
    extra = extra_params if isinstance(extra_params, str) else extra_params(url)
    attributes = f' href="{xhtml_escape(url)}"'
    if shorten and len(shown) > _SHORT:
        attributes += f' title="{xhtml_escape(url)}"'
        shown = f"{shown[:_SHORT]}..."
    if extra.strip():
        attributes += f" {extra.strip()}"
    return f"<a{attributes}>{xhtml_escape(shown)}</a>"


def _without_sentence_end(url: str) -> str:
    """Give the URL without the punctuation after it, and without brackets closed but not opened."""
    surplus = {
        closing: url.count(closing) - url.count(opening) for closing, opening in _OPENING.items()
    }
    end = len(url)
    while end:
        last = url[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _PUNCTUATION:
            break
        end -= 1
    return url[:end]
