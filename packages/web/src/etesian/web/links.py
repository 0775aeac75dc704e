"""Turns plain text into HTML whose URLs can be followed."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["linkify"]

# Characters of a shortened link's text; what is longer ends in "...".
SHORT_LENGTH = 30
# What may follow a URL in a sentence without being a part of it.
_TRAILING = ".,:;!?'\"*"
# A word that can begin a URL. The run is one class without nesting: linear in the text.
_WORD = re.compile(r"[A-Za-z0-9][^\s<>\"\x00-\x20]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(/{1,3})(?=[^/\s])", re.ASCII)


def linkify(
    text: str | bytes,
    shorten: bool = False,
    extra_params: str | Callable[[str], str] = "",
    require_protocol: bool = False,
    permitted_protocols: Collection[str] = ("http", "https"),
) -> str:
    """Give ``text`` escaped for HTML, with an ``<a>`` element around each URL.

    ``shorten`` cuts long link texts and puts the whole URL in ``title``.
    ``extra_params`` is text for the start tag (``rel="nofollow"``), or a function
    of the URL that gives it; it is written as it is. ``require_protocol`` leaves
    ``www.example.com`` alone. A URL of a scheme not in ``permitted_protocols``
    stays plain text.
    """
    text = text.decode() if isinstance(text, bytes) else text
    pieces: list[str] = []
    position = 0
    for word in _WORD.finditer(text):
        url = _trim(word.group())
        href = _href(url, require_protocol, permitted_protocols)
        if href is None:
            continue
        pieces.append(escape(text[position : word.start()]))
        pieces.append(_anchor(url, href, shorten, extra_params))
        position = word.start() + len(url)
    pieces.append(escape(text[position:]))
    return "".join(pieces)


def _trim(word: str) -> str:
    """Cut what ends the sentence, and a closing bracket that the URL did not open."""
    surplus = {
        bracket: word.count(bracket) - word.count(opening) for opening, bracket in ("()", "[]")
    }
    end = len(word)
    while end:
        last = word[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return word[:end]


def _href(url: str, require_protocol: bool, permitted: Collection[str]) -> str | None:
    """Give where ``url`` leads, or ``None`` where it is no link."""
    scheme = _SCHEME.match(url)
    if scheme:
        return url if scheme[1].lower() in permitted else None
    if require_protocol or not url.lower().startswith("www.") or len(url) <= len("www."):
        return None
    return "http://" + url


def _anchor(url: str, href: str, shorten: bool, extra_params: str | Callable[[str], str]) -> str:
    """Give the element; ``url`` is how the text wrote what ``href`` leads to."""
    params = extra_params(href) if callable(extra_params) else extra_params
    params = " " + params.strip() if params.strip() else ""
    shown = url
    if shorten and len(url) > SHORT_LENGTH:
        shown = _shortened(url)
        if "title=" not in params:
            params += f' title="{escape(href)}"'
    return f'<a href="{escape(href)}"{params}>{escape(shown)}</a>'


def _shortened(url: str) -> str:
    """Give scheme, host and the start of the path, in at most about ``SHORT_LENGTH`` characters."""
    scheme = _SCHEME.match(url)
    start = scheme.end() if scheme else 0
    host, slash, path = url[start:].partition("/")
    short = url[:start] + host + slash + path[:8].partition("?")[0].partition(".")[0]
    if len(short) > SHORT_LENGTH * 1.5:
        short = short[:SHORT_LENGTH]
    return short + "..." if len(short) + 3 < len(url) else url
