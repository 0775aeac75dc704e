"""Text of others inside a log line."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["one_line"]

# Controls, DEL, C1, and the line and paragraph separators: whatever can end a line, or move a
# terminal's cursor.
_BREAKING: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Characters. A line must stay readable, whatever a peer sends.
MAX_LENGTH: Final = 2000


def one_line(text: object) -> str:
    """Give ``text`` without anything that ends a line, and not longer than a log can bear."""
    cut = str(text)[:MAX_LENGTH]
    return _BREAKING.sub(_escaped, cut) if not cut.isprintable() else cut


def _escaped(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode("ascii")
