"""The two forms in which generated code collects its output.

Between two control statements all output is one *batch* of pieces: literal text,
values to escape, and text that is right as it is.

The *plain* form escapes each value where it stands and collects text. It is what
streams, it serves every escaping function, and it says what the other form means::

    _tt_append(f'<b>{_tt_v if _tt_class(_tt_v := x) is _tt_plain_0 else _tt_escape_0(_tt_v)}</b>')

The *deferred* form collects the values of ``xhtml_escape`` apart from the page they
go into, which is a ``%`` format, and has them escaped all at once at the end. It is
three times as fast where there are many (see ``runtime.finish``)::

    _tt_value(_tt_v if _tt_class(_tt_v := x) is _tt_str else _tt_text(_tt_v))
    _tt_write('<b>%s</b>')
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeGuard

from etesian.templates.syntax import call, chosen_by_class, code, do, joined, place_of

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
        return code(
            "_tt_values = []\n_tt_value = _tt_values.append\n"
            "_tt_more_values = _tt_values.extend\n"
            "_tt_markup = []\n_tt_write = _tt_markup.append",
            at,
        )

    def batch(self, pieces: Sequence[Piece], at: Place) -> list[ast.stmt]:
        """Append to the format, and to the values what it has places for.

        Whatever may fail is evaluated before either list grows, so that they keep
        fitting each other if the template goes on after an exception.
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
        values = [
            chosen_by_class(piece.value, "_tt_str", "_tt_text", place_of(piece.value))
            for piece in run
            if self._is_deferred(piece)
        ]
        written = do(call("_tt_write", [self._format(run, at)], at), at)
        if not values:
            return [written]
        if len(values) == 1:
            return [do(call("_tt_value", values, at), at), written]
        together = ast.Tuple(values, ast.Load(), **at)
        return [do(call("_tt_more_values", [together], at), at), written]

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
