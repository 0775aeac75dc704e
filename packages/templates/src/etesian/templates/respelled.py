"""The form of generated code that escapes by a function in C (``c_escape``).

Each value is escaped where it stands, by one call that Python need not be run for::

    _tt_out.append(f'<b>{_tt_c_escape(_tt_v) if (_tt_c := _tt_class(_tt_v := x)) is _tt_str else
                         _tt_v if _tt_c is _tt_int else _tt_c_escape(_tt_text(_tt_v))}</b>')

What the function calls ``&#34;`` and ``&#39;`` is respelled at the end, in the whole page
at once. No value can have written that itself, for ``&`` is escaped. Text that is put out
unescaped could: it is *sealed*, which means that it stands apart and is left as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from etesian.templates.output import DEFERRED_ESCAPE, Escaped, Literal, Trusted
from etesian.templates.syntax import (
    append_to,
    call,
    code,
    constant,
    do,
    helper,
    joined,
    place_of,
    text_by_class,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from etesian.templates.escapes import Escapes
    from etesian.templates.output import Piece
    from etesian.templates.syntax import Place

# Has, or begins at its end, one of the two references that are respelled.
_MISTAKABLE = re.compile(r"&#3[49];|&(?:#(?:3[49]?)?)?\Z")


class Respelled:
    """Text with values escaped in C, and the places in it where other text is sealed."""

    def __init__(self, escapes: Escapes) -> None:
        self._escapes = escapes

    def start(self, at: Place) -> list[ast.stmt]:
        """Make the list for the text, and the one of what in it is sealed."""
        return code("_tt_out = []\n_tt_sealed = []", at)

    def batch(self, pieces: Sequence[Piece], at: Place) -> list[ast.stmt]:
        """Append one f-string for all pieces between two that are sealed, and these alone."""
        result: list[ast.stmt] = []
        together: list[ast.expr | str] = []
        for piece in pieces:
            sealed = self._sealed(piece, at)
            if sealed is None:
                together.append(_open(piece))
            else:
                if together:
                    result.append(_append(joined(together, at), at))
                    together = []
                result.append(_append(sealed, at))
        if together:
            result.append(_append(joined(together, at), at))
        return result

    def function(self, statements: list[ast.stmt], at: Place) -> list[ast.stmt]:
        """Return the text, respelled."""
        end = code("return _tt_respell(_tt_out, _tt_sealed)", at)
        return [*self.start(at), *statements, *end]

    def _sealed(self, piece: Piece, at: Place) -> ast.expr | None:
        """Give the expression for a piece that stands apart; ``None`` if it need not."""
        if isinstance(piece, Literal):
            if not _MISTAKABLE.search(piece.text):
                return None
            value: ast.expr = constant(piece.text, at)
        elif isinstance(piece, Trusted):
            value = piece.value
        elif piece.function == DEFERRED_ESCAPE:
            return None
        else:
            value = self._escapes.apply(piece.function, piece.value)
        lists = [helper("_tt_out"), helper("_tt_sealed")]
        return call("_tt_seal", [value, *lists], place_of(value))


def _open(piece: Piece) -> ast.expr | str:
    """Give a piece that need not be sealed, for an f-string."""
    if isinstance(piece, Escaped):
        value, at = piece.value, place_of(piece.value)
        escaped = call("_tt_c_escape", [helper("_tt_v")], at)
        return text_by_class(value, escaped, helper("_tt_v"), "_tt_c_escape_text", at)
    return piece.text if isinstance(piece, Literal) else piece.value


def _append(value: ast.expr, at: Place) -> ast.stmt:
    return do(call(append_to("_tt_out"), [value], at), at)
