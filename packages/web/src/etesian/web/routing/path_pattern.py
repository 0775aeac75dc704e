"""What can be known of a route's regex without running it.

The reading is cautious: a construct that is not understood makes the pattern
opaque, which costs speed or reversibility, and never a wrong answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["PathPattern", "analyse"]

# Flags under which a letter of the pattern stands for itself alone.
_PLAIN_FLAGS: Final = int(re.UNICODE)
_QUANTIFIERS: Final = "*+?{"


@dataclass(frozen=True, slots=True)
class PathPattern:
    """The parts of a pattern that are fixed.

    ``literal`` is the only path that matches, if there is only one. ``prefix`` is
    what every match begins with, perhaps nothing. ``template`` is the text around
    the groups, for building a path from arguments: one more item than groups, or
    ``None`` where the pattern cannot be reversed.
    """

    literal: str | None
    prefix: str
    template: tuple[str, ...] | None


_OPAQUE = PathPattern(None, "", None)


def analyse(regex: re.Pattern[str]) -> PathPattern:
    """Give what is fixed in ``regex``, which is to match a whole path."""
    if regex.flags != _PLAIN_FLAGS:
        return _OPAQUE
    return _Scanner(regex.pattern).scan(regex.groups)


class _Scanner:
    """Walks over a pattern once, atom by atom."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern.removeprefix("^")
        if self._pattern.endswith("$") and not self._pattern.endswith("\\$"):
            self._pattern = self._pattern[:-1]
        self._position = 0
        self._template = [""]
        self._fixed: list[str] = []
        self._is_fixed = True

    def scan(self, groups: int) -> PathPattern:
        while self._position < len(self._pattern):
            if not self._take_atom():
                return PathPattern(None, self._prefix(), None)
        prefix = "".join(self._fixed)
        template = tuple(self._template) if len(self._template) == groups + 1 else None
        return PathPattern(prefix if self._is_fixed else None, prefix, template)

    def _prefix(self) -> str:
        # An alternative to all of it may stand anywhere further on.
        return "" if "|" in self._pattern else "".join(self._fixed)

    def _take_atom(self) -> bool:
        """Take the next atom with its quantifier; say whether it was understood."""
        pattern, start = self._pattern, self._position
        character = pattern[start]
        if character == "(":
            return self._take_group()
        if character in "[]{}*+?|^$)":
            return False
        if character == "\\":
            if pattern[start + 1 : start + 2].isalnum() or start + 1 == len(pattern):
                return False
            self._position = start + 2
            return self._take_character(pattern[start + 1], exact=True)
        self._position = start + 1
        # A dot nearly always means the dot of a file name: it is reversed to one.
        return self._take_character(character, exact=character != ".")

    def _take_character(self, character: str, *, exact: bool) -> bool:
        following = self._pattern[self._position : self._position + 1]
        if following and following in _QUANTIFIERS:
            self._is_fixed = False
            self._position += 1
            # "/?" is reversed to nothing, which it matches; no other quantifier is.
            return following == "?" and self._peek() not in ("?", "+")
        if not exact:
            self._is_fixed = False
        if self._is_fixed:
            self._fixed.append(character)
        self._template[-1] += character
        return True

    def _take_group(self) -> bool:
        self._is_fixed = False
        end = self._end_of_group()
        opening = self._pattern[self._position : self._position + 3]
        if end is None or (opening.startswith("(?") and opening != "(?P"):
            return False
        self._position = end
        self._template.append("")
        if self._peek() == "?":
            self._position += 1
        return self._peek() not in ("*", "+", "?", "{")

    def _peek(self) -> str:
        return self._pattern[self._position : self._position + 1]

    def _end_of_group(self) -> int | None:
        """Give the position after the group's bracket; ``None`` for nested groups."""
        position = self._position + 1
        in_class = False
        while position < len(self._pattern):
            character = self._pattern[position]
            if character == "\\":
                position += 1
            elif in_class:
                in_class = character != "]" or self._pattern[position - 1] in "[^"
            elif character == "[":
                in_class = True
            elif character == "(":
                return None
            elif character == ")":
                return position + 1
            position += 1
        return None
