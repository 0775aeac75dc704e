"""A regex as its positions and which may follow which (Glushkov's automaton).

Only what is needed to judge how a pattern repeats: what an atom matches is asked
of :mod:`re` itself, character by character.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Automaton", "UnreadableRegexError", "read_regex"]

# The characters that a path can hold as it is matched, before it is decoded, and one for the rest.
_ALPHABET: Final = "".join(map(chr, range(0x20, 0x80))) + "\u00e9\n"
# A count above this is as good as none: it repeats often enough to matter.
_MAX_COUNT: Final = 4
# Positions. Routes have some dozens.
_MAX_POSITIONS: Final = 400
_COUNT: Final = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_GROUP: Final = re.compile(r"\((?:\?(?::|P<\w+>|>))?")
_LOOK: Final = re.compile(r"\(\?<?[=!]")
_FLAGS: Final = re.compile(r"\(\?[aiLmsux]+\)")
_CLASS: Final = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_EMPTY_ESCAPES: Final = frozenset("AbBZ")


class UnreadableRegexError(ValueError):
    """The pattern has what only a backtracking engine can follow, or too much of it."""


@dataclass(slots=True)
class Automaton:
    """``characters`` of each position; ``follows`` counts in how many ways one follows another."""

    characters: list[frozenset[str]] = field(default_factory=list)
    follows: Counter[tuple[int, int]] = field(default_factory=Counter)


@dataclass(slots=True)
class _Part:
    """A piece of the pattern: the positions it can begin and end with, and if it can be empty."""

    first: Counter[int]
    last: Counter[int]
    nullable: bool


def read_regex(regex: re.Pattern[str]) -> Automaton:
    """Give the automaton of a pattern; raise :class:`UnreadableRegexError` where there is none."""
    if regex.flags & re.VERBOSE:
        raise UnreadableRegexError("blanks and comments inside")
    reader = _Reader(regex)
    reader.alternatives()
    if not reader.at_end():
        raise UnreadableRegexError(f"not understood from character {reader.position} on")
    return reader.automaton


class _Reader:
    def __init__(self, regex: re.Pattern[str]) -> None:
        self._pattern = regex.pattern
        self._flags = regex.flags
        self.position = 0
        self.automaton = Automaton()

    def at_end(self) -> bool:
        return self.position >= len(self._pattern)

    def alternatives(self) -> _Part:
        part = self._sequence()
        while self._accept("|"):
            other = self._sequence()
            part = _Part(
                part.first + other.first, part.last + other.last, part.nullable or other.nullable
            )
        return part

    def _sequence(self) -> _Part:
        part = _empty()
        while not self.at_end() and self._pattern[self.position] not in "|)":
            part = self._joined(part, self._repeated())
        return part

    def _repeated(self) -> _Part:
        """Take an atom with its quantifiers."""
        start = self.position
        part = self._atom()
        end = self.position
        bounds = self._quantifier()
        if bounds is None:
            return part
        least, most = bounds
        self._accept("?") or self._accept("+")
        after = self.position
        if most is not None and most > 1:
            return self._counted(part, start, end, after, least, most)
        if most is None:
            self._link(part.last, part.first)
        return _Part(part.first, part.last, part.nullable or least == 0)

    def _counted(  # noqa: PLR0917 - places and numbers, of one caller
        self, part: _Part, start: int, end: int, after: int, least: int, most: int
    ) -> _Part:
        """Write a counted atom out as often as it may occur."""
        whole = _Part(part.first, part.last, part.nullable or least == 0)
        for number in range(2, most + 1):
            self.position = start
            again = self._atom()
            if self.position != end:
                raise UnreadableRegexError("a count that is not understood")
            optional = again.nullable or number > least
            whole = self._joined(whole, _Part(again.first, again.last, optional))
        self.position = after
        return whole

    def _quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._accept(sign):
                return bounds
        found = _COUNT.match(self._pattern, self.position)
        if found is None or found.group() == "{}":
            return None
        self.position = found.end()
        least = min(int(found[1] or 0), _MAX_COUNT)
        if not found[2]:
            return least, least
        most = int(found[3]) if found[3] else None
        return least, (None if most is None or most > _MAX_COUNT else most)

    def _atom(self) -> _Part:
        pattern, start = self._pattern, self.position
        character = pattern[start]
        if character == "(":
            return self._group()
        if character in "^$":
            self.position += 1
            return _empty()
        if character == "[":
            return self._take(_CLASS)
        if character == "\\":
            if pattern[start + 1 : start + 2] in _EMPTY_ESCAPES:
                self.position += 2
                return _empty()
            if pattern[start + 1 : start + 2].isdigit():
                raise UnreadableRegexError("a reference back to a group")
            return self._take(_ESCAPE)
        self.position += 1
        return self._place(character)

    def _group(self) -> _Part:
        if found := _FLAGS.match(self._pattern, self.position):
            self.position = found.end()
            return _empty()
        opening = _LOOK.match(self._pattern, self.position) or _GROUP.match(
            self._pattern, self.position
        )
        if opening is None or self._pattern.startswith("?", opening.end()):
            raise UnreadableRegexError("a group of a rare kind")
        self.position = opening.end()
        part = self.alternatives()
        if not self._accept(")"):
            raise UnreadableRegexError("a group without an end")
        # What is looked at is judged by itself, and takes nothing of the text.
        return _empty() if _LOOK.match(opening.group()) else part

    def _take(self, kind: re.Pattern[str]) -> _Part:
        found = kind.match(self._pattern, self.position)
        if found is None:
            raise UnreadableRegexError(f"not understood from character {self.position} on")
        self.position = found.end()
        return self._place(found.group())

    def _place(self, atom: str) -> _Part:
        """Make a position of an atom that matches one character."""
        matches = re.compile(atom, self._flags).fullmatch
        number = len(self.automaton.characters)
        if number >= _MAX_POSITIONS:
            raise UnreadableRegexError("too long a pattern")
        self.automaton.characters.append(frozenset(c for c in _ALPHABET if matches(c)))
        return _Part(Counter([number]), Counter([number]), nullable=False)

    def _joined(self, before: _Part, after: _Part) -> _Part:
        self._link(before.last, after.first)
        first = before.first + (after.first if before.nullable else Counter())
        last = after.last + (before.last if after.nullable else Counter())
        return _Part(first, last, before.nullable and after.nullable)

    def _link(self, lasts: Counter[int], firsts: Counter[int]) -> None:
        for last, ways in lasts.items():
            for first, more in firsts.items():
                self.automaton.follows[last, first] += ways * more

    def _accept(self, sign: str) -> bool:
        if not self._pattern.startswith(sign, self.position):
            return False
        self.position += 1
        return True


def _empty() -> _Part:
    return _Part(Counter(), Counter(), nullable=True)
