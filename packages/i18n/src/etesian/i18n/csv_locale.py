"""Translations from a CSV file: the message, its translation, and a plural indicator."""

from __future__ import annotations

import codecs
import csv
import logging
import re
from typing import TYPE_CHECKING, Literal, get_args

from etesian.i18n.locale import Locale, is_singular

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger("etesian.general")

# "plural" and "singular" serve messages that were given with a count, "unknown" those without.
Form = Literal["plural", "singular", "unknown"]
Messages = dict[Form, dict[str, str]]

# The parts of "%(name)08.2f" that matter: which value, and what could ask for gigabytes of padding.
_PLACEHOLDER = re.compile(r"%\(([^()]*)\)[#0 +-]*([0-9]*)(?:\.([0-9]*))?")
_MAX_WIDTH_DIGITS = 3

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class CSVLocale(Locale):
    """A locale whose messages come from a CSV file."""

    def __init__(self, code: str, translations: Mapping[Form, Mapping[str, str]]) -> None:
        super().__init__(code)
        self._translations = translations

    def translate(
        self, message: str, plural_message: str | None = None, count: int | None = None
    ) -> str:
        """Give the translation, as :meth:`Locale.translate` promises.

        A form that the file does not have falls back to the row without a
        plural indicator, and then to the message itself.
        """
        form: Form = "unknown"
        if plural_message is not None:
            form = "singular" if is_singular(plural_message, count) else "plural"
            message = message if form == "singular" else plural_message
        for messages in (self._translations.get(form), self._translations.get("unknown")):
            if messages and message in messages:
                return messages[message]
        return message


def read_csv(path: Path, encoding: str | None = None) -> Messages:
    """Give the messages of a CSV file in the ``excel`` dialect.

    A row has a message, its translation and, if it likes, ``plural``,
    ``singular`` or ``unknown``; blank rows are skipped and values stripped. A
    row that is none of this is logged and left out, never guessed at; so is a
    translation with placeholders that its message does not have.

    ``encoding`` is told by a byte order mark, else UTF-8. Raises
    ``UnicodeDecodeError`` where the file is not in it and ``OSError`` where it
    cannot be read.
    """
    messages: Messages = {form: {} for form in get_args(Form)}
    with path.open(encoding=encoding or _detected_encoding(path), newline="") as file:
        rows = csv.reader(file)
        try:
            for row in rows:
                _take_row(messages, [value.strip() for value in row], f"{path}:{rows.line_num}")
        except csv.Error as error:
            # The reader cannot tell where the next row begins, so the rest is lost.
            log.warning("%s:%d: %s; the rest is ignored", path, rows.line_num, error)
    return messages


def _take_row(messages: Messages, row: list[str], place: str) -> None:
    if not any(row):
        return
    message, translation, form = (*row, "unknown")[:3] if len(row) in (2, 3) else (None, "", "")
    form = form or "unknown"
    if message is None:
        log.warning("%s: %d columns, expected 2 or 3; the row is ignored", place, len(row))
    elif form not in messages:
        log.warning("%s: plural indicator %r is unknown; the row is ignored", place, form[:40])
    elif not _fits(message, translation):
        log.warning("%s: placeholders differ from the message's; the row is ignored", place)
    else:
        messages[form][message] = translation


def _fits(message: str, translation: str) -> bool:
    """Tell whether what fills in the message is enough for the translation, and cheap."""
    known = {match[1] for match in _PLACEHOLDER.finditer(message)}
    for match in _PLACEHOLDER.finditer(translation):
        name, width, precision = match.groups(default="")
        if name not in known or max(len(width), len(precision)) > _MAX_WIDTH_DIGITS:
            return False
    return True


def _detected_encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(3)
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding
    return "utf-8"
