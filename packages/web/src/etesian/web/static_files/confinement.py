"""Which paths may be served at all."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from etesian.web.static_files.opened_file import true_path

if TYPE_CHECKING:
    from etesian.web.static_files.opened_file import Stamp

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


def is_truly_below(root: str, absolute_path: str, stamp: Stamp) -> bool:
    """Say whether the file of this stamp lies below the root after all links are followed.

    The answer is about that file: whoever opens it later must compare the stamp.
    Raises ``OSError`` where the path leads to another one by now, or where it
    cannot be opened.
    """
    return is_below(os.path.realpath(root), true_path(absolute_path, stamp))
