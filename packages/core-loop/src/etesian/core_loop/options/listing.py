"""The list of options that ``--help`` shows."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from etesian.core_loop.options.values import type_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etesian.core_loop.options.option import Option

__all__ = ["write_help"]

# Columns of the left half, and of a line: those of a terminal as it always was.
LEFT_COLUMNS = 35
LINE_COLUMNS = 79


def write_help(options: Iterable[Option], file: TextIO) -> None:
    """Write how to call the program and its options, grouped and in order of their names."""
    file.write(f"Usage: {sys.argv[0]} [OPTIONS]\n\nOptions:\n\n")
    groups: dict[str, list[Option]] = {}
    for option in options:
        groups.setdefault(option.group, []).append(option)
    for group in sorted(groups):
        if group:
            file.write(f"\n{group} options:\n\n")
        for option in sorted(groups[group], key=lambda option: option.name):
            _write_option(option, file)
    file.write("\n")


def _write_option(option: Option, file: TextIO) -> None:
    left = f"  --{option.name.replace('_', '-')}"
    if option.metavar or option.type is not bool:
        left += f"={option.metavar or type_name(option.type)}"
    words = option.help or ""
    if option.default not in (None, "", []):
        words += f" (default {option.default})"
    lines = textwrap.wrap(words, LINE_COLUMNS - LEFT_COLUMNS) or [""]
    if len(left) >= LEFT_COLUMNS:
        lines.insert(0, "")
    for line in lines:
        file.write(f"{left:<{LEFT_COLUMNS}}{line}".rstrip() + "\n")
        left = ""
