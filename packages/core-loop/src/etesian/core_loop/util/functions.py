"""Small functions that old and new code calls by these names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from datetime import timedelta
    from types import CodeType, TracebackType

__all__ = [
    "errno_from_exception",
    "exec_in",
    "raise_exc_info",
    "re_unescape",
    "timedelta_to_seconds",
]

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def errno_from_exception(e: BaseException) -> int | None:
    """Return an exception's ``errno``, else its first argument, else None."""
    number: int | None = getattr(e, "errno", None)
    if number is not None:
        return number
    return e.args[0] if e.args else None


def exec_in(code: str | CodeType, glob: dict[str, Any], loc: dict[str, Any] | None = None) -> None:
    """Execute code with `glob` as its globals and `loc`, by default the same, as its locals.

    ``from __future__`` statements of the calling module do not apply to it.
    """
    compiled = (
        compile(code, "<string>", "exec", dont_inherit=True) if isinstance(code, str) else code
    )
    exec(compiled, glob, glob if loc is None else loc)  # noqa: S102  what it is for


def raise_exc_info(
    exc_info: tuple[type[BaseException] | None, BaseException | None, TracebackType | None],
) -> NoReturn:
    """Raise the exception of a `sys.exc_info` triple with its traceback.

    Raises TypeError when the triple holds none.
    """
    error = exc_info[1]
    if error is None:
        raise TypeError("expected an exception, got an empty exc_info")
    try:
        raise error.with_traceback(exc_info[2])
    finally:
        # The traceback refers to this frame: without this it would live until a collection.
        del error, exc_info


def re_unescape(s: str) -> str:
    r"""Return the text that `re.escape` made `s` of.

    Raises ValueError for a backslash before a letter or digit, as in ``\d``: that was not
    made by `re.escape`. A backslash at the end stays.
    """
    return _ESCAPED.sub(_plain, s)


def _plain(match: re.Match[str]) -> str:
    escaped = match.group(1)
    if escaped.isascii() and escaped.isalnum():
        raise ValueError(f"cannot unescape {match.group()!r}")
    return escaped


def timedelta_to_seconds(td: timedelta) -> float:
    """Return ``td.total_seconds()``, which it predates."""
    return td.total_seconds()
