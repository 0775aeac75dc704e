r"""Escaping for the places in a page where ``xhtml_escape`` is not enough.

=================================  =========================================
``<a href="{{ safe_url(x) }}">``   a URL that users gave
``let x = {% raw js_string(x) %}``  text as a string of JavaScript
``color: {% raw css_string(x) %}``  text as a string of CSS
=================================  =========================================

Values other than strings go into a script by ``{% raw json_encode(x) %}``.
"""

from __future__ import annotations

import re

from etesian.templates.escaping import to_text

# What a link may do: open a page, a mail or a call. Everything else (javascript:, data:,
# vbscript: ...) is refused, because what is safe can be listed and what is not cannot.
_SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel"})

# Browsers drop tab and line breaks anywhere in a URL, and control characters and spaces before it.
_DROPPED = re.compile(r"[\t\r\n]+")
_CONTROLS = "".join(map(chr, range(0x21)))

# Whatever is not plainly harmless in a string, in HTML and in a comment alike. Also line
# separators, which end a line in older JavaScript.
_IN_STRING = re.compile(r"[^A-Za-z0-9 _.,:;!?()\[\]{}=+*@#%$^|~-]")

# What a browser shows for a link that we refuse: nothing happens when it is followed.
_NO_URL = "about:invalid#unsafe"


def safe_url(value: str | bytes) -> str:
    r"""Give the URL if following it runs no code, else ``about:invalid#unsafe``.

    Relative URLs and the schemes http, https, mailto and tel pass. The result is
    text like any other: it still has to be escaped for the attribute it goes into,
    as ``{{ }}`` does.

    >>> safe_url("java\nscript:alert(1)")
    'about:invalid#unsafe'
    """
    url = _DROPPED.sub("", to_text(value)).strip(_CONTROLS)
    scheme, colon, _ = url.partition(":")
    # A colon after one of these belongs to a path, a query or a fragment.
    if colon and not set(scheme) & set("/?#") and scheme.lower() not in _SAFE_SCHEMES:
        return _NO_URL
    return url


def js_string(value: str | bytes) -> str:
    r"""Give text as a string of JavaScript, quotes included; use it with ``{% raw %}``.

    It is right inside ``<script>`` and also inside an attribute such as ``onclick``,
    for every character that means something in HTML is written as ``\uXXXX``.

    >>> print(js_string("</script>"))
    "\u003c\u002fscript\u003e"
    """
    return f'"{_IN_STRING.sub(_js_escape, to_text(value))}"'


def css_string(value: str | bytes) -> str:
    r"""Give text as a string of CSS, quotes included; use it with ``{% raw %}``.

    It is right inside ``<style>``, and in a ``style`` attribute quoted with ``'``.

    >>> print(css_string("</style>"))
    "\3c \2f style\3e "
    """
    # U+0000 cannot be escaped in CSS; browsers read it as this.
    text = to_text(value).replace("\0", "\ufffd")
    return f'"{_IN_STRING.sub(lambda match: f"{chr(92)}{ord(match[0]):x} ", text)}"'


def _js_escape(match: re.Match[str]) -> str:
    # UTF-16, as JavaScript counts: what lies beyond the first plane is a pair.
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
