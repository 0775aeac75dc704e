"""Which paths may be served at all."""

from __future__ import annotations

import os
import re
from typing import Final

__all__ = ["is_below", "is_nameable", "is_truly_below"]

# What is no name of a file of ours on any system: NUL and controls, the backslash and the colon
# of other systems' paths and streams.
_FOREIGN: Final = re.compile(r"[\x00-\x1f\x7f\\:]")
# Devices of Windows, which exist in every folder and with every extension.
_DEVICE: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])[ .]*(?:\..*)?",
    re.IGNORECASE,
)
# A folder of dots that the web itself defines (RFC 8615).
_WELL_KNOWN: Final = ".well-known"
# Entries. Each path that was resolved lies in the table; it is emptied when it is full.
_MAX_RESOLVED: Final = 4096

_resolved: dict[tuple[str, str], tuple[int, int]] = {}


def is_nameable(path: str) -> bool:
    """Say whether a relative path, with ``/``, may be looked up at all.

    Not so: controls and NUL, backslashes and colons, names of devices, and hidden
    files (but ``.well-known``). ``..`` is for :func:`is_below` to judge.
    """
    if _FOREIGN.search(path):
        return False
    return not any(
        (part.startswith(".") and part not in (".", "..", _WELL_KNOWN)) or _DEVICE.fullmatch(part)
        for part in path.split("/")
    )


def is_below(root: str, absolute_path: str) -> bool:
    """Say whether a path is the root or below it, by its text, component by component."""
    base = root if root.endswith(os.sep) else root + os.sep
    return (absolute_path + os.sep).startswith(base)


def is_truly_below(root: str, absolute_path: str, status: os.stat_result | None = None) -> bool:
    """Say whether an existing file lies below the root after all links are followed.

    ``status`` is the file's, where it is known already.

    An answer is remembered for as long as the path leads to the same file; a link
    that was turned elsewhere leads to another one.
    """
    if status is None:
        status = os.stat(absolute_path)  # noqa: PTH116 - hot: no object per call
    identity = (status.st_dev, status.st_ino)
    key = (root, absolute_path)
    if _resolved.get(key) == identity:
        return True
    if not is_below(os.path.realpath(root), os.path.realpath(absolute_path)):
        return False
    if len(_resolved) >= _MAX_RESOLVED:
        _resolved.clear()
    _resolved[key] = identity
    return True
