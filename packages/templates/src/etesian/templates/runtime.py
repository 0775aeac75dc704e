"""What generated code calls while it renders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never, cast

from etesian.templates.escaping import xhtml_escape

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


# What the function gets besides the namespace, by the names that generated code calls it.
HELPERS: dict[str, object] = {
    "_tt_class": type,
    "_tt_str": str,
    "_tt_len": len,
    "_tt_text": text,
    "_tt_literal": literal,
    "_tt_escaper": escaper,
    "_tt_finish": finish,
}
