"""The name under which a browser saves a response (RFC 6266)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

__all__ = ["content_disposition"]

# What is unsafe in a file's name somewhere, and what ends a quoted string.
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f\"\\/:*?<>|%]")


def content_disposition(filename: str, *, inline: bool = False) -> str:
    """Give the value of ``Content-Disposition`` for saving as ``filename``.

    Directories are cut off, and controls and quotes replaced. A name beyond ASCII is
    given twice: in UTF-8 (RFC 8187), and with ``_`` for old clients.
    """
    name = _UNSAFE.sub("_", filename.replace("\\", "/").rpartition("/")[2]) or "_"
    kind = "inline" if inline else "attachment"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    value = f'{kind}; filename="{plain}"'
    return value if name.isascii() else f"{value}; filename*=UTF-8''{quote(name, safe='')}"
