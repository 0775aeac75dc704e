"""Last stage: nodes become the syntax tree of one Python function.

What comes out for ``<b>{{ name }}</b>{% for x in y %}, {{ x }}{% end %}`` is, as source
and with the second form of ``output``::

    def render(_tt_names, _tt_class, ...):
        _tt_values = []
        _tt_markup = []
        _tt_values.append(_tt_v if (_tt_c := _tt_class(_tt_v := name)) is _tt_str else ...)
        _tt_markup.append('<b>%s</b>')
        for x in y:
            _tt_values.append(_tt_v if (_tt_c := _tt_class(_tt_v := x)) is _tt_str else ...)
            _tt_markup.append(', %s')
        return _tt_finish(_tt_markup, _tt_values)

The names of the namespace are the function's globals. Names that the template binds
are locals, which first take the value that the namespace has for them, if any.

The *streaming* function is an asynchronous generator of the plain form, that yields
what is ready before it awaits anything and in loops now and then.
"""

from __future__ import annotations

import ast
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from etesian.templates.escapes import Escapes
from etesian.templates.nodes import (
    Apply,
    Fragment,
    If,
    Jump,
    Loop,
    ModuleCall,
    Output,
    Statement,
    Text,
    Try,
)
from etesian.templates.output import (
    DEFERRED_ESCAPE,
    Deferred,
    Escaped,
    Form,
    Literal,
    Piece,
    Plain,
    Trusted,
)
from etesian.templates.python_source import (
    Names,
    parse_expression,
    parse_handler,
    parse_loop,
    parse_statements,
)
from etesian.templates.respelled import Respelled
from etesian.templates.runtime import HELPERS
from etesian.templates.syntax import Place, block, call, code, place, place_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.templates.line_map import LineMap
    from etesian.templates.nodes import Body, Node

# Pieces of one f-string: all of them wait on the interpreter's stack until the last is there.
_BATCH_PIECES = 200

# Batches after which a streaming loop passes on what it has: some KB, for rows of a table.
_STREAM_BATCHES = 50

_FLUSH = "if _tt_out:\n yield ''.join(_tt_out)\n _tt_out.clear()"
_FLUSH_SOME = _FLUSH.replace("_tt_out:", f"_tt_len(_tt_out) >= {_STREAM_BATCHES}:")
_FUNCTION = f"def render(_tt_names, {', '.join(HELPERS)})"


class Kind(Enum):
    """What the function is to be: see ``output`` for the first three."""

    PLAIN = auto()
    DEFERRED = auto()
    RESPELLED = auto()
    STREAMING = auto()


_FORMS: dict[Kind, Callable[[Escapes], Form]] = {
    Kind.DEFERRED: Deferred,
    Kind.RESPELLED: Respelled,
}


class Generated(NamedTuple):
    """A module with one function.

    ``awaits`` tells that only its streaming kind compiles; ``bound`` are the names
    that the template binds.
    """

    tree: ast.Module
    awaits: bool
    bound: frozenset[str]


class _Scope:
    """What is known of one Python function while its statements are made.

    ``borrowed`` names are bound in it and perhaps read before: they start with the
    namespace's value. ``streams`` tells whether a ``yield`` may stand here.
    """

    def __init__(self, *, streams: bool) -> None:
        self.streams = streams
        self.loops = 0
        self.tries = 0
        self.applies = 0
        self.loaded: set[str] = set()
        self.bound: set[str] = set()
        self.borrowed: set[str] = set()


def generate(body: Body, lines: LineMap, kind: Kind, *, hands_bytes: bool = False) -> Generated:
    """Give the function that renders a linked body.

    ``hands_bytes`` is for functions that are applied to output in UTF-8.

    Raises:
        ParseError: Python in the template does not parse, or a ``break`` or
            ``continue`` came to stand outside of any loop when files were linked.
    """
    return _Generator(body, lines, kind, hands_bytes=hands_bytes).generate(body)


class _Generator:
    def __init__(self, body: Body, lines: LineMap, kind: Kind, *, hands_bytes: bool) -> None:
        self._lines = lines
        self._hands_bytes = hands_bytes
        form = _FORMS.get(kind, Plain)
        self._escapes = Escapes(body, lines, but=None if form is Plain else DEFERRED_ESCAPE)
        self._form: Form = form(self._escapes)
        self._scope = _Scope(streams=kind is Kind.STREAMING)
        self._awaits = False
        self._here: Place = place(1, 0, 0)

    def generate(self, body: Body) -> Generated:
        start = self._here
        statements = self._framed(self._body(body), start)
        before = [
            *self._borrow(self._scope.borrowed, start),
            *self._escapes.prelude(self._scope.bound),
        ]
        header = f"async {_FUNCTION}" if self._scope.streams else _FUNCTION
        function = block(header, [*before, *statements], start)
        return Generated(ast.Module([function], []), self._awaits, frozenset(self._scope.bound))

    @staticmethod
    def _borrow(names: set[str], at: Place) -> list[ast.stmt]:
        """Give the statements that let locals start with the namespace's values."""
        lines = [
            f"if {name!r} in _tt_names: {name} = _tt_names[{name!r}]" for name in sorted(names)
        ]
        return code("\n".join(lines), at)

    def _framed(self, statements: list[ast.stmt], at: Place) -> list[ast.stmt]:
        """Put the collecting of output around statements that make up a function."""
        if self._scope.streams:
            return [*self._form.start(at), *statements, *code(_FLUSH, at)]
        return self._form.function(statements, at)

    def _body(self, body: Body) -> list[ast.stmt]:
        """Give the statements of a body; of an empty one as well, for Python wants some."""
        result: list[ast.stmt] = []
        pieces: list[Piece] = []
        for node in body:
            if isinstance(node, Text | Output | ModuleCall | Apply):
                awaits, self._awaits = self._awaits, False
                piece = self._piece(node, result)
                if self._awaits and self._scope.streams:
                    self._flush(pieces, result)
                    result += self._yield_all()
                self._awaits |= awaits
                pieces.append(piece)
                # Where an exception may be handled, what comes before it goes out before it.
                if len(pieces) >= _BATCH_PIECES or self._scope.tries:
                    self._flush(pieces, result)
            else:
                self._flush(pieces, result)
                result += self._statements(node)
        self._flush(pieces, result)
        return result or [ast.Pass(**self._here)]

    def _flush(self, pieces: list[Piece], result: list[ast.stmt]) -> None:
        """Make one batch of the pieces that came together."""
        if pieces:
            at = next((place_of(p.value) for p in pieces if not isinstance(p, Literal)), self._here)
            result += self._form.batch(pieces, at)
            pieces.clear()

    def _piece(self, node: Text | Output | ModuleCall | Apply, before: list[ast.stmt]) -> Piece:
        """Give the node's output; what must stand before it goes to ``before``."""
        if isinstance(node, Text):
            return Literal(node.value)
        if isinstance(node, Apply):
            return Trusted(self._apply(node, before))
        if isinstance(node, ModuleCall):
            return Trusted(self._expression(_of_modules(node.call)))
        value = self._expression(node.expression)
        return Trusted(value) if node.escape is None else Escaped(node.escape, value)

    def _apply(self, node: Apply, before: list[ast.stmt]) -> ast.expr:
        """Give the call of a function on the output of a body, which becomes one itself."""
        function = self._expression(node.function)
        at = place_of(function)
        # One batch at most waits for its functions; a name for each of all would make Python take
        # quadratic time, for it copies the names of a function for each one inside it.
        name = f"_tt_apply_{self._scope.applies % (2 * _BATCH_PIECES)}"
        self._scope.applies += 1
        outer, self._scope = self._scope, _Scope(streams=False)
        awaits, self._awaits = self._awaits, False
        statements = self._framed(self._body(node.body), at)
        # What the function around it binds as well is that function's until it is bound here.
        borrowed = self._borrow(self._scope.borrowed - outer.bound, at)
        inner: ast.expr = call(name, [], at)
        header = f"{'async ' if self._awaits else ''}def {name}()"
        before.append(block(header, [*borrowed, *statements], at))
        if self._awaits:
            inner = ast.Await(inner, **at)
        outer.loaded |= self._scope.loaded
        self._scope = outer
        self._awaits |= awaits
        if self._hands_bytes:
            return call("_tt_hand_bytes", [function, inner], at)
        return call(function, [inner], at)

    def _statements(self, node: Node) -> list[ast.stmt]:
        if isinstance(node, If):
            return [self._if(node)]
        if isinstance(node, Loop):
            return self._loop(node)
        if isinstance(node, Try):
            return [self._try(node)]
        if isinstance(node, Statement):
            return self._simple(node)
        if isinstance(node, Jump):
            return [self._jump(node)]
        raise TypeError(f"{type(node).__name__} after linking")

    def _if(self, node: If) -> ast.stmt:
        branches = []
        for branch in node.branches:
            condition = self._expression(branch.header)
            branches.append((condition, self._body(branch.body)))
        orelse = self._body(node.orelse) if node.orelse else []
        for condition, body in reversed(branches):
            orelse = [ast.If(condition, body, orelse, **place_of(condition))]
        return orelse[0]

    def _loop(self, node: Loop) -> list[ast.stmt]:
        loop, names = parse_loop(node.header, self._lines.offset(node.header.origin))
        self._read(names, loop)
        self._scope.borrowed |= names.stored & self._scope.loaded
        self._scope.loops += 1
        loop.body = self._body(node.body)
        self._scope.loops -= 1
        if self._may_yield():
            # At the start, where no {% continue %} passes it by.
            loop.body[:0] = code(_FLUSH_SOME, self._here)
        loop.orelse = self._body(node.orelse) if node.orelse else []
        before = self._yield_all() if names.awaits and self._may_yield() else []
        return [*before, loop]

    def _try(self, node: Try) -> ast.stmt:
        self._scope.tries += 1
        at = place(node.header.line + self._lines.offset(node.header.origin), 0, 0)
        body = self._body(node.body)
        handlers = []
        for branch in node.handlers:
            header = branch.header
            handler, names = parse_handler(header, self._lines.offset(header.origin))
            self._read(names, handler)
            self._scope.borrowed |= names.stored & self._scope.loaded
            handler.body = self._body(branch.body)
            handlers.append(handler)
        orelse = self._body(node.orelse) if node.orelse else []
        final = self._body(node.final) if node.has_final else []
        self._scope.tries -= 1
        return ast.Try(body, handlers, orelse, final, **at)

    def _simple(self, node: Statement) -> list[ast.stmt]:
        offset = self._lines.offset(node.code.origin)
        statements, names = parse_statements(node.code, offset)
        self._read(names, statements[0])
        self._scope.borrowed |= names.stored
        return [*statements, *self._escapes.after_binding(names.stored)]

    def _jump(self, node: Jump) -> ast.stmt:
        if not self._scope.loops:
            raise node.code.error(f"{node.code.text} outside a loop")
        return ast.Break(**self._here) if node.code.text == "break" else ast.Continue(**self._here)

    def _expression(self, fragment: Fragment) -> ast.expr:
        expression, names = parse_expression(fragment, self._lines.offset(fragment.origin))
        self._read(names, expression)
        self._scope.borrowed |= names.stored
        return expression

    def _read(self, names: Names, node: ast.expr | ast.stmt | ast.excepthandler) -> None:
        self._here = place_of(node)
        self._awaits |= names.awaits
        self._scope.loaded |= names.loaded
        self._scope.bound |= names.stored

    def _may_yield(self) -> bool:
        # Not inside try: a handler would catch what the consumer of the stream raises.
        return self._scope.streams and not self._scope.tries

    def _yield_all(self) -> list[ast.stmt]:
        return code(_FLUSH, self._here) if self._may_yield() else []


def _of_modules(module_call: Fragment) -> Fragment:
    """Give the call as one on the object that knows all modules."""
    prefix = "_tt_modules."
    return Fragment(
        prefix + module_call.text,
        module_call.origin,
        module_call.line,
        module_call.column - len(prefix),
    )
