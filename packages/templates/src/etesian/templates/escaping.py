"""The functions that every template has: escaping for HTML, URLs and JSON."""

from __future__ import annotations

import re
from functools import cache

_HTML = re.compile("[&<>\"']")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
_REFERENCE = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]{0,40})|#([0-9]{1,8})|#[xX]([0-9a-fA-F]{1,8}));")
_CONTROLS = re.compile(r"[\x00-\x20]+")


def xhtml_escape(value: str | bytes) -> str:
    """Give text in which nothing is markup: safe in HTML text and in quoted attributes.

    The five characters ``&``, ``<``, ``>``, ``"`` and ``'`` become references. It is
    not enough inside ``<script>``, ``<style>``, or where a URL is expected: see
    ``js_string``, ``css_string`` and ``safe_url``. Bytes are read as UTF-8.

    >>> xhtml_escape('<a title="x">')
    '&lt;a title=&quot;x&quot;&gt;'
    """
    return _HTML.sub(lambda match: _ENTITIES[match[0]], to_text(value))


def xhtml_unescape(value: str | bytes) -> str:
    """Give text with character references replaced: the reverse of ``xhtml_escape``, and more.

    Named references of HTML (with their semicolon), decimal and hexadecimal ones are
    known. What refers to nothing stays as it is: unknown names, surrogates, and
    numbers beyond Unicode.
    """
    return _REFERENCE.sub(_referred, to_text(value))


def url_escape(value: str | bytes, plus: bool = True) -> str:
    """Give text percent-encoded as UTF-8, for one component of a URL: ``/`` is encoded too.

    A space becomes ``+``, as in a query; with ``plus=False`` it becomes ``%20``, as
    in a path.
    """
    from urllib.parse import quote, quote_plus  # noqa: PLC0415 - costly, and few templates ask

    return quote_plus(value) if plus else quote(value, safe="")


def json_encode(value: object) -> str:
    r"""Give a value as JSON in which ``</`` is written ``<\/``, so no element can end in it.

    It is right inside ``<script>`` only together with ``{% raw %}``; elsewhere the
    escaping of HTML applies.

    Raises:
        TypeError: the value, or something in it, has no form in JSON (bytes have none).
    """
    import json  # noqa: PLC0415 - costly, and few templates ask

    return json.dumps(value).replace("</", "<\\/")


def squeeze(value: str) -> str:
    """Give text with each run of spaces and control characters as one space, none at the ends."""
    return _CONTROLS.sub(" ", value).strip(" ")


def to_text(value: str | bytes) -> str:
    """Give text: bytes are decoded as UTF-8."""
    return value if isinstance(value, str) else value.decode()


def _referred(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return _named().get(f"{name};", match[0])
    number = int(decimal) if decimal else int(hexadecimal, 16)
    # Surrogates are halves of characters and cannot be encoded; NUL is no character of HTML.
    if number == 0 or number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return match[0]
    return chr(number)


@cache
def _named() -> dict[str, str]:
    from html.entities import html5  # noqa: PLC0415 - two thousand names that few need

    return html5
