"""Helpers for text, bytes and JSON that handlers and templates share."""

from __future__ import annotations

import json
from typing import Any, overload

__all__ = [
    "json_decode",
    "json_encode",
    "native_str",
    "recursive_unicode",
    "squeeze",
    "to_unicode",
    "utf8",
]

# The C0 controls and the space: what a byte-wise "\x00-\x20" run is, and nothing of Unicode, so
# that the result does not depend on the version of the Unicode tables.
_BLANKS = dict.fromkeys(range(0x21), " ")


def json_encode(value: object) -> str:
    r"""Give ``value`` as JSON that may stand inside an HTML ``<script>`` element.

    ``</`` is written ``<\/``, so that no string can end the element; JSON reads
    it the same. Raises ``TypeError`` for what JSON has no form of, bytes too.
    """
    return json.dumps(value).replace("</", "<\\/")


def json_decode(value: str | bytes) -> Any:
    """Give the value of a JSON text; bytes are UTF-8.

    Raises ``ValueError`` where the text is not JSON, is not UTF-8, or is nested
    deeper than the interpreter can follow: every bad input is the same error.
    """
    try:
        return json.loads(to_unicode(value))
    except RecursionError:
        raise ValueError("the JSON text is nested too deeply") from None


def squeeze(value: str) -> str:
    """Give ``value`` with each run of blanks and control characters as one space, trimmed."""
    return " ".join(filter(None, value.translate(_BLANKS).split(" ")))


@overload
def utf8(value: str | bytes) -> bytes: ...
@overload
def utf8(value: None) -> None: ...
def utf8(value: str | bytes | None) -> bytes | None:
    """Give text as UTF-8; bytes and ``None`` as they are, anything else is a ``TypeError``."""
    if isinstance(value, str):
        return value.encode()
    if value is None or isinstance(value, bytes):
        return value
    raise TypeError(f"expected str, bytes or None, got {type(value).__name__}")


@overload
def to_unicode(value: str | bytes) -> str: ...
@overload
def to_unicode(value: None) -> None: ...
def to_unicode(value: str | bytes | None) -> str | None:
    """Give UTF-8 bytes as text; str and ``None`` as they are, anything else is a ``TypeError``.

    Raises ``UnicodeDecodeError`` where the bytes are not UTF-8.
    """
    if isinstance(value, bytes):
        return value.decode()
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"expected str, bytes or None, got {type(value).__name__}")


native_str = to_unicode
# Private, and imported by many programs all the same.
_unicode = to_unicode


def recursive_unicode(value: object) -> Any:
    """Give a copy with all bytes inside dicts, lists and tuples decoded from UTF-8."""
    if isinstance(value, dict):
        return {recursive_unicode(k): recursive_unicode(v) for k, v in value.items()}
    if isinstance(value, list):
        return [recursive_unicode(item) for item in value]
    if isinstance(value, tuple):
        return tuple(recursive_unicode(item) for item in value)
    return value.decode() if isinstance(value, bytes) else value
