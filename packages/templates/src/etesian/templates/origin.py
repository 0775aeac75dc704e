"""The file that a template was read from."""

from __future__ import annotations

import codecs

from etesian.templates.interface import ParseError


class Origin:
    """The file that a template, or a part of one, comes from.

    Compared by identity: two loads are two origins.

    ``name`` is what loaders call it, ``filename`` what tracebacks call it;
    ``restricted`` tells whether it may say only what ``restricted`` allows.
    """

    __slots__ = ("filename", "name", "restricted", "text")

    def __init__(self, name: str, filename: str, text: str, *, restricted: bool = False) -> None:
        self.name = name
        self.filename = filename
        self.text = text
        self.restricted = restricted

    def as_restricted(self) -> Origin:
        """Give the same file, restricted."""
        return Origin(self.name, self.filename, self.text, restricted=True)


def decode(content: bytes, name: str) -> str:
    """Give the text of a template's bytes, without the byte order mark that some editors write.

    Raises:
        ParseError: they are not UTF-8; the line is that of the first wrong byte.
    """
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ParseError(f"not UTF-8 ({error.reason})", name, line) from error
