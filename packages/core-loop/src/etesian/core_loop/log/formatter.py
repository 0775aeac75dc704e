"""Log records as lines for people."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LogFormatter"]

# Of ECMA-48: "select graphic rendition", foreground colour n, and back to normal.
_COLOR = "\x1b[3{}m"
_NORMAL = "\x1b[0m"

_GREEN, _YELLOW, _BLUE, _RED, _MAGENTA = 2, 3, 4, 1, 5

# What a terminal may obey instead of showing it; line ends and tabs are dealt with apart.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
del _CONTROLS[ord("\n")], _CONTROLS[ord("\t")]


class LogFormatter(logging.Formatter):
    """Formats a record as ``[I 240131 23:59:59 module:42] message``.

    The bracket holds the first letter of the level, date, time, module and line, coloured by
    level where standard error is a terminal. Further lines of a record, a traceback for one,
    are indented; other control characters are shown as escapes, so that what came from a peer
    can neither forge a record nor command a terminal. Bytes as a message are shown as text
    where they are UTF-8.

    `fmt` is the format in the given `style`; it may use ``color`` and ``end_color`` beside
    the attributes of a record. `colors` maps levels to terminal colour numbers, 0 to 7.
    ``color=False`` turns colours off, and so does the environment variable ``NO_COLOR``.
    """

    DEFAULT_FORMAT: ClassVar[str] = (
        "%(color)s[%(levelname)1.1s %(asctime)s %(module)s:%(lineno)d]%(end_color)s %(message)s"
    )
    DEFAULT_DATE_FORMAT: ClassVar[str] = "%y%m%d %H:%M:%S"
    DEFAULT_COLORS: ClassVar[dict[int, int]] = {
        logging.DEBUG: _BLUE,
        logging.INFO: _GREEN,
        logging.WARNING: _YELLOW,
        logging.ERROR: _RED,
        logging.CRITICAL: _MAGENTA,
    }

    def __init__(
        self,
        fmt: str | None = DEFAULT_FORMAT,
        datefmt: str | None = DEFAULT_DATE_FORMAT,
        style: Any = "%",
        color: bool = True,
        colors: Mapping[int, int] = DEFAULT_COLORS,
    ) -> None:
        # None is what `logging.config.dictConfig` passes for what its dict leaves out.
        # Values for the names that only this class knows, or validation refuses them.
        super().__init__(
            fmt or self.DEFAULT_FORMAT,
            datefmt or self.DEFAULT_DATE_FORMAT,
            style,
            defaults={"color": "", "end_color": ""},
        )
        coloured = color and shows_colors(sys.stderr)
        self._colors = {
            level: _COLOR.format(number) for level, number in colors.items() if coloured
        }

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text; never raises for what a record holds."""
        record.message = _message(record)
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        color = self._colors.get(record.levelno, "")
        record.__dict__.update(color=color, end_color=_NORMAL if color else "")
        text = self.formatMessage(record)
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        for more in (record.exc_text, record.stack_info and self.formatStack(record.stack_info)):
            if more:
                text = f"{text.rstrip()}\n{more.translate(_CONTROLS)}"
        return text.replace("\n", "\n    ")


def shows_colors(stream: TextIO | Any) -> bool:
    """Tell whether a stream is a terminal that may be given colours."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return bool(stream.isatty())
    except Exception:  # noqa: BLE001  what stands in for stderr may lack it, or be closed
        return False


def _message(record: logging.LogRecord) -> str:
    try:
        message: Any = record.msg if isinstance(record.msg, bytes) else record.getMessage()
    except Exception as error:  # noqa: BLE001  a bad record is shown, not lost
        return f"Bad message ({error!r}): {record.msg!r} {record.args!r}".translate(_CONTROLS)
    if isinstance(message, bytes):
        message = message.decode("utf-8", "backslashreplace")
    return str(message).translate(_CONTROLS)
