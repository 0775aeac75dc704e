"""The names that clients give to files."""

from __future__ import annotations

from typing import Final

# Names that mean a folder and no file.
_FOLDERS: Final = frozenset((".", ".."))


def base_name(name: str) -> str:
    r"""Give the last part of a path of any system; empty where that names no file.

    ``../../x``, ``/etc/x`` and ``C:\x`` all give ``x``. Windows reserves some names, such as
    ``NUL``, that are ordinary elsewhere: they are given as they are.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    return "" if last in _FOLDERS else last
