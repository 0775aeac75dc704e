"""The escape for HTML that an installed library has in C, where there is one.

It is that of ``markupsafe`` from its version 3 on: a function that takes text and gives
text in one pass, and gives the same object where nothing has to be escaped. It is not
among the documented names of that library, so it is tried out before it is used; if it
is missing or has become another one, everything is escaped in Python.

Its spelling of the two quotes is not the one that we document (``RESPELLED``): what
uses it has to set that right.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LIBRARY = "markupsafe"

# What the function makes of the two quotes, and what is documented.
RESPELLED = (("&#34;", "&quot;"), ("&#39;", "&#x27;"))

# Characters of one, two and four bytes, for which C has a loop each; many, for it may have
# another loop for long texts; and half a surrogate pair.
_PROBES = [
    tail + 20 * f"a&{tail}<b>{tail}'c'\"\0{tail}" for tail in ("", "\xe9", "\u4e16", "\U0001f300")
] + ["", "plain", "\ud800<", "&lt;&#34;"]


def find_c_escape() -> Callable[[str], str] | None:
    """Give the function if it is installed and does what this module says; else ``None``."""
    try:
        function: Callable[[str], str] = import_module(f"{_LIBRARY}._speedups")._escape_inner  # noqa: SLF001
        works = all(_as_expected(function, probe) for probe in _PROBES)
    except Exception:  # noqa: BLE001 - whatever is wrong with a library that nobody asked for
        return None
    return function if works else None


def _as_expected(function: Callable[[str], str], text: str) -> bool:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = escaped.replace('"', "&#34;").replace("'", "&#39;")
    result = function(text)
    return type(result) is str and result == escaped


c_escape = find_c_escape()


def escape_library() -> str | None:
    """Name the library by which templates are escaped in C; ``None`` where all of it is Python."""
    return None if c_escape is None else _LIBRARY
