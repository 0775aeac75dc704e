"""What generated code calls while it renders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never, cast

from etesian.templates.c_escape import RESPELLED, c_escape
from etesian.templates.escaping import json_encode, squeeze, url_escape, xhtml_escape
from etesian.templates.links import linkify

if TYPE_CHECKING:
    from collections.abc import Callable


class Nothing:
    """A type that no value has: of a function that we do not know, every value is the affair."""

    def __new__(cls) -> Never:
        """Make none."""
        raise TypeError("there is no such value")


def text(value: object) -> str:
    """Give a value as text: bytes decoded as UTF-8, anything else by ``str()``.

    The result is a ``str`` and of no class derived from it, whose own methods could
    show one text to the escape and another one to the page.
    """
    # Not isinstance(), which believes what a proxy says of its class.
    kind = type(value)
    if kind is int:
        return f"{value}"
    if issubclass(kind, bytes):
        return bytes.decode(cast("bytes", value))
    result = cast("str", value) if issubclass(kind, str) else str(value)
    return result if type(result) is str else str.__str__(result)


def escape_text(value: object) -> str:
    """Give a value as text, escaped for HTML: ``xhtml_escape(text(value))`` in one call."""
    result = value if type(value) is str else text(value)
    # Five looks beat one regular expression, and copying nothing beats both: most values on a
    # page have none of these characters.
    if "&" in result:
        result = result.replace("&", "&amp;")
    if "<" in result:
        result = result.replace("<", "&lt;")
    if ">" in result:
        result = result.replace(">", "&gt;")
    if '"' in result:
        result = result.replace('"', "&quot;")
    if "'" in result:
        result = result.replace("'", "&#x27;")
    return result


def escaper(function: Callable[[str], Any]) -> tuple[type, Callable[[object], str]]:
    """Give the fastest form of an escaping function: what needs none of it, and the call.

    Values whose class is the first may be put out by ``format()`` as they are. The
    second takes any value and gives text. A function other than ``xhtml_escape``
    gets every value as ``str``, and may give back ``str`` or ``bytes``.
    """
    if function is xhtml_escape:
        return int, escape_text
    return Nothing, lambda value: text(function(text(value)))


def hand_bytes(function: Callable[[Any], object], output: str) -> object:
    """Call a function on output in UTF-8, as one expects it that knows nothing but bytes.

    Those that every template has take text as well, and some of them nothing else.
    """
    if any(function is ours for ours in _TAKE_TEXT):
        return function(output)
    return function(output.encode())


def escaper_of_bytes(function: Callable[[Any], Any]) -> tuple[type, Callable[[object], str]]:
    """Do as :func:`escaper`, for a function that gets every value as ``bytes``."""
    if any(function is ours for ours in _TAKE_TEXT):
        return escaper(function)
    return Nothing, lambda value: text(function(text(value).encode()))


def literal(value: object) -> str:
    """Give a value as text that stands for itself in a ``%`` format."""
    return text(value).replace("%", "%%")


def finish(markup: list[str], values: list[str]) -> str:
    """Give the page of a ``%`` format in parts, and of what to escape and put into it.

    All values are escaped as one string, which costs little more than to escape one
    of them: a page has hundreds.
    """
    together = "\0".join(values)
    escaped = escape_text(together)
    if escaped is not together:
        parts = escaped.split("\0")
        # A NUL of its own in a value would shift all that follow.
        values = parts if len(parts) == len(values) else [escape_text(value) for value in values]
    return "".join(markup) % tuple(values)


# What is generated calls it only where there is one.
_c_escape = cast("Callable[[str], str]", c_escape)


def c_escape_text(value: object) -> str:
    """Give a value as text, escaped by the function in C: its quotes are still to be respelled."""
    return _c_escape(text(value))


def seal(value: object, out: list[str], sealed: list[int]) -> str:
    """Give a value as text that is to stay as it is when it comes next in ``out``."""
    result = text(value)
    if "#" in result or result.endswith("&"):
        sealed.append(len(out))
    return result


def respell(out: list[str], sealed: list[int]) -> str:
    """Give the page of pieces escaped in C, those left alone whose numbers are ``sealed``."""
    if not sealed:
        return _respelled("".join(out))
    parts = []
    start = 0
    for number in sealed:
        parts += [_respelled("".join(out[start:number])), out[number]]
        start = number + 1
    parts.append(_respelled("".join(out[start:])))
    return "".join(parts)


def _respelled(page: str) -> str:
    # To look for one character takes a tenth of the time that a longer text takes.
    if "#" in page:
        for theirs, ours in RESPELLED:
            page = page.replace(theirs, ours)
    return page


_TAKE_TEXT = (xhtml_escape, url_escape, json_encode, squeeze, linkify)

# What the function gets besides the namespace, by the names that generated code calls it.
HELPERS: dict[str, object] = {
    "_tt_class": type,
    "_tt_str": str,
    "_tt_int": int,
    "_tt_len": len,
    "_tt_text": text,
    "_tt_literal": literal,
    "_tt_escaper": escaper,
    "_tt_hand_bytes": hand_bytes,
    "_tt_finish": finish,
    "_tt_c_escape": c_escape,
    "_tt_c_escape_text": c_escape_text,
    "_tt_seal": seal,
    "_tt_respell": respell,
}

# The same where the template's functions take bytes.
HELPERS_OF_BYTES: dict[str, object] = {**HELPERS, "_tt_escaper": escaper_of_bytes}
