"""The file that a template was read from."""

from __future__ import annotations

import codecs

from etesian.templates.interface import ParseError


class Origin:
    """The file that a template, or a part of one, comes from.

    Compared by identity: two loads are two origins.

    ``name`` is what loaders call it, ``filename`` what tracebacks call it;
    ``on_disk`` tells whether Python can read the file's text by itself, ``restricted``
    whether it may say only what ``restricted`` allows.
    """

    __slots__ = ("filename", "name", "on_disk", "restricted", "text")

    def __init__(
        self,
        name: str,
        filename: str,
        text: str,
        *,
        on_disk: bool = False,
        restricted: bool = False,
    ) -> None:
        self.name = name
        self.filename = filename
        self.text = text
        self.on_disk = on_disk
        self.restricted = restricted

    def as_restricted(self) -> Origin:
        """Give the same file, restricted."""
        return Origin(self.name, self.filename, self.text, on_disk=self.on_disk, restricted=True)


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
