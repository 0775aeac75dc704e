"""First stage: the text of a template becomes tokens, each knowing where it stood.

Three marks open something, and the same marks followed by ``!`` stand for themselves::

    {{ expression }}     {% directive %}     {# comment #}     {{!  {%!  {#!

Of a longer run of braces the last two count: ``{{{x}}}`` is ``{``, the value of
``x``, and ``}``. Comments end at the first ``#}`` and directives at the first
``%}``. An expression ends at the first ``}}`` outside its own braces and strings.

Every character is looked at a bounded number of times, so that the time is linear
in the length of the text whatever the text is.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from etesian.templates.interface import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPENING = re.compile(r"\{\{+|\{[%#]")

# What matters inside an expression: strings (in which braces mean nothing), comments, braces.
# The quantifiers are possessive, so an unclosed string costs one pass, not one per start.
_IN_EXPRESSION = re.compile(
    r"""
      (?P<string> '''(?:[^\\']|\\.|'(?!''))*+''' | \"""(?:[^\\"]|\\.|"(?!""))*+\"""
                | '(?:[^\\'\n]|\\.)*+'           | "(?:[^\\"\n]|\\.)*+" )
    | (?P<comment> \# (?:[^}\n]|}(?!}))*+ )
    | (?P<brace> [{}] )
    | (?P<quote> ['"] )
    """,
    re.VERBOSE | re.DOTALL,
)


class Kind(Enum):
    """What a token is."""

    TEXT = auto()
    EXPRESSION = auto()
    DIRECTIVE = auto()


class Token(NamedTuple):
    """A piece of a template.

    ``content`` is the text itself, or what stands between the marks. ``line``
    counts from 1; ``column`` is the offset of the content in its line in bytes
    of UTF-8, as in the line tables of Python.
    """

    kind: Kind
    content: str
    line: int
    column: int


def tokenize(text: str, filename: str) -> Iterator[Token]:
    """Give the tokens of a template in order; comments are left out.

    Raises:
        ParseError: a mark is opened and never closed; the place is where it opens. Or
            the text has half a surrogate pair: no encoding can give that out.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise ParseError(
            f"half a surrogate pair: {error.object[error.start]!a}", filename, line
        ) from None
    return _Lexer(text, filename).tokens()


class _Lexer:
    def __init__(self, text: str, filename: str) -> None:
        self._text = text
        self._filename = filename
        self._position = 0
        self._line = 1
        self._column = 0

    def tokens(self) -> Iterator[Token]:
        for match in iter(self._next_opening, None):
            # Of a run of braces only the last two open an expression.
            yield from self._text_until(match.end() - 2)
            mark = self._text[match.end() - 2 : match.end()]
            if self._text.startswith("!", match.end()):
                yield Token(Kind.TEXT, mark, self._line, self._column)
                self._advance(match.end() + 1)
            else:
                yield from self._marked(mark)
        yield from self._text_until(len(self._text))

    def _next_opening(self) -> re.Match[str] | None:
        return _OPENING.search(self._text, self._position)

    def _text_until(self, end: int) -> Iterator[Token]:
        if end > self._position:
            line, column = self._line, self._column
            yield Token(Kind.TEXT, self._advance(end), line, column)

    def _marked(self, mark: str) -> Iterator[Token]:
        kind, end = self._kind_and_end(mark)
        self._advance(self._position + 2)
        line, column = self._line, self._column
        content = self._advance(end)
        self._advance(end + 2)
        if kind is not None:
            yield Token(kind, content, line, column)

    def _kind_and_end(self, mark: str) -> tuple[Kind | None, int]:
        if mark == "{{":
            return Kind.EXPRESSION, self._end_of_expression()
        if mark == "{%":
            return Kind.DIRECTIVE, self._find("%}", "directive {%")
        return None, self._find("#}", "comment {#")

    def _find(self, closing: str, what: str) -> int:
        end = self._text.find(closing, self._position + 2)
        if end < 0:
            raise self._unclosed(what, closing)
        return end

    def _end_of_expression(self) -> int:
        start = self._position + 2
        first = self._find("}}", "expression {{")
        if not _IN_EXPRESSION.search(self._text, start, first):
            return first
        depth = 0
        for match in _IN_EXPRESSION.finditer(self._text, start):
            if match.lastgroup == "quote":
                break
            if match.lastgroup != "brace":
                continue
            if match[0] == "{":
                depth += 1
            elif depth:
                depth -= 1
            elif self._text.startswith("}}", match.start()):
                return match.start()
        raise self._unclosed("expression {{", "}}")

    def _unclosed(self, what: str, closing: str) -> ParseError:
        return ParseError(f"{what} has no {closing}", self._filename, self._line)

    def _advance(self, end: int) -> str:
        """Move on, keeping count of line and column, and give what was passed."""
        passed = self._text[self._position : end]
        self._position = end
        breaks = passed.count("\n")
        if breaks:
            self._line += breaks
            self._column = _bytes_in(passed[passed.rindex("\n") + 1 :])
        else:
            self._column += _bytes_in(passed)
        return passed


def _bytes_in(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
