"""The forms in which generated code collects its output.

Between two control statements all output is one *batch* of pieces: literal text,
values to escape, and text that is right as it is.

The *plain* form escapes each value where it stands and collects text. It is what
streams, it serves every escaping function, and it says what the other form means::

    _tt_append(f'<b>{_tt_v if _tt_class(_tt_v := x) is _tt_plain_0 else _tt_escape_0(_tt_v)}</b>')

The *deferred* form collects the values of ``xhtml_escape`` apart from the page they
go into, which is a ``%`` format, and has them escaped all at once at the end. It is
three times as fast where there are many (see ``runtime.finish``)::

    _tt_values.append(_tt_v if (_tt_c := _tt_class(_tt_v := x)) is _tt_str else
                      f'{_tt_v}' if _tt_c is _tt_int else _tt_text(_tt_v))
    _tt_markup.append('<b>%s</b>')

``respelled`` has the third form, for where a library escapes in C.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeGuard

from etesian.templates.syntax import (
    append_to,
    call,
    code,
    do,
    helper,
    joined,
    place_of,
    text_by_class,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etesian.templates.escapes import Escapes
    from etesian.templates.syntax import Place

DEFERRED_ESCAPE = "xhtml_escape"


class Literal(NamedTuple):
    """Text of the template."""

    text: str


class Escaped(NamedTuple):
    """The value of an expression, to pass through the function of this name."""

    function: str
    value: ast.expr


class Trusted(NamedTuple):
    """The value of an expression, to put out as text unchanged."""

    value: ast.expr


Piece: TypeAlias = Literal | Escaped | Trusted


class Form(Protocol):
    """How output is collected: by what statements, for a batch and around all of a function."""

    def start(self, at: Place) -> list[ast.stmt]:
        """Give what comes before the statements of a function."""
        ...

    def batch(self, pieces: Sequence[Piece], at: Place) -> list[ast.stmt]:
        """Give what puts out pieces, their expressions evaluated in order."""
        ...

    def function(self, statements: list[ast.stmt], at: Place) -> list[ast.stmt]:
        """Give all statements of a function that returns what these put out."""
        ...


class Plain:
    """Text, each value escaped where it stands."""

    def __init__(self, escapes: Escapes) -> None:
        self._escapes = escapes
        self._last_text: ast.expr | None = None
        self._last_batch: ast.stmt | None = None

    def start(self, at: Place) -> list[ast.stmt]:
        """Make the list for the text."""
        return code("_tt_out = []\n_tt_append = _tt_out.append", at)

    def batch(self, pieces: Sequence[Piece], at: Place) -> list[ast.stmt]:
        """Append one f-string."""
        text = joined([self._expression(piece) for piece in pieces], at)
        self._last_text = text
        self._last_batch = do(call("_tt_append", [text], at), at)
        return [self._last_batch]

    def function(self, statements: list[ast.stmt], at: Place) -> list[ast.stmt]:
        """Return the text; if it is one batch, without a list."""
        if len(statements) == 1 and statements[0] is self._last_batch:
            return [ast.Return(self._last_text, **at)]
        return [*self.start(at), *statements, *code("return ''.join(_tt_out)", at)]

    def _expression(self, piece: Piece) -> ast.expr | str:
        if isinstance(piece, Literal):
            return piece.text
        if isinstance(piece, Escaped):
            return self._escapes.apply(piece.function, piece.value)
        return call("_tt_text", [piece.value], place_of(piece.value))


class Deferred:
    """A ``%`` format in parts, and the values that are escaped at the end."""

    def __init__(self, escapes: Escapes) -> None:
        self._escapes = escapes

    def start(self, at: Place) -> list[ast.stmt]:
        """Make the two lists."""
        return code("_tt_values = []\n_tt_markup = []", at)

    def batch(self, pieces: Sequence[Piece], at: Place) -> list[ast.stmt]:
        """Append to the values and to the format, which has places for them.

        Inside a try there is but one piece in a batch, and what of it may fail is
        evaluated before either list grows: they keep fitting each other if the
        template goes on after an exception.
        """
        return [statement for run in self._runs(pieces) for statement in self._run(run, at)]

    def function(self, statements: list[ast.stmt], at: Place) -> list[ast.stmt]:
        """Return the format, filled in."""
        end = code("return _tt_finish(_tt_markup, _tt_values)", at)
        return [*self.start(at), *statements, *end]

    def _runs(self, pieces: Sequence[Piece]) -> list[list[Piece]]:
        """Part pieces where values and trusted text meet: each run evaluates one kind only."""
        runs: list[list[Piece]] = [[]]
        deferred = None
        for piece in pieces:
            if not isinstance(piece, Literal):
                if deferred is not None and self._is_deferred(piece) is not deferred:
                    runs.append([])
                deferred = self._is_deferred(piece)
            runs[-1].append(piece)
        return runs

    def _run(self, run: list[Piece], at: Place) -> list[ast.stmt]:
        values = [_append("_tt_values", _text(p.value), at) for p in run if self._is_deferred(p)]
        return [*values, _append("_tt_markup", self._format(run, at), at)]

    def _format(self, run: list[Piece], at: Place) -> ast.expr:
        return joined([self._in_format(piece) for piece in run], at)

    def _in_format(self, piece: Piece) -> ast.expr | str:
        if isinstance(piece, Literal):
            return piece.text.replace("%", "%%")
        if self._is_deferred(piece):
            return "%s"
        value = piece.value
        if isinstance(piece, Escaped):
            value = self._escapes.apply(piece.function, value)
        return call("_tt_literal", [value], place_of(value))

    @staticmethod
    def _is_deferred(piece: Piece) -> TypeGuard[Escaped]:
        return isinstance(piece, Escaped) and piece.function == DEFERRED_ESCAPE


def _append(name: str, value: ast.expr, at: Place) -> ast.stmt:
    return do(call(append_to(name), [value], at), at)


def _text(value: ast.expr) -> ast.expr:
    """Give the expression for a value as text."""
    at = place_of(value)
    # With its own place, for it may fail: there are integers too long to be written.
    formatted = ast.JoinedStr([ast.FormattedValue(helper("_tt_v"), -1, None, **at)], **at)
    return text_by_class(value, helper("_tt_v"), formatted, "_tt_text", at)
