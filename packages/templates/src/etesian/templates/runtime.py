"""What generated code calls while it renders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never

from etesian.templates.escaping import xhtml_escape

if TYPE_CHECKING:
    from collections.abc import Callable


class Nothing:
    """A type that no value has: of the functions we do not know, every value is their affair."""

    def __new__(cls) -> Never:
        """Make none."""
        raise TypeError("there is no such value")


def text(value: object) -> str:
    """Give a value as text: bytes decoded as UTF-8, anything else by ``str()``."""
    if isinstance(value, str):
        return value
    return value.decode() if isinstance(value, bytes) else str(value)


def escape_text(value: object) -> str:
    """Give a value as text, escaped for HTML: ``xhtml_escape(text(value))`` in one call."""
    result = value if value.__class__ is str else text(value)
    # One look per character that matters beats one regular expression, and copying nothing
    # beats both: most values on a page have none of them.
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
