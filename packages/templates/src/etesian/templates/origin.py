"""The file that a template was read from."""

from __future__ import annotations


class Origin:
    """The file that a template, or a part of one, comes from.

    Compared by identity: two loads are two origins.

    ``name`` is what loaders call it, ``filename`` what tracebacks call it;
    ``on_disk`` tells whether Python can read the file's text by itself.
    """

    __slots__ = ("filename", "name", "on_disk", "text")

    def __init__(self, name: str, filename: str, text: str, *, on_disk: bool = False) -> None:
        self.name = name
        self.filename = filename
        self.text = text
        self.on_disk = on_disk
