"""Last stage: nodes become the syntax tree of one Python function.

What comes out for ``<b>{{ name }}</b>{% for x in y %}, {{ x }}{% end %}`` is, as source::

    def render(_tt_names, _tt_text, _tt_escaper, _tt_len):
        _tt_plain_0, _tt_escape_0 = _tt_escaper(xhtml_escape)
        _tt_out = []
        _tt_append = _tt_out.append
        _tt_append(f'<b>{_tt_v if (_tt_v := name).__class__ is _tt_plain_0 else ...}</b>')
        for x in y:
            _tt_append(f', {_tt_v if (_tt_v := x).__class__ is _tt_plain_0 else ...}')
        return ''.join(_tt_out)

Each f-string is a *batch*: all output between two control statements, built at once.
``_tt_plain_0`` is the type whose values need no escaping (see ``runtime.escaper``);
asking for it here saves a call for every number on the page.

The names of the namespace are the function's globals. Names that the template binds
are locals, which first take the value that the namespace has for them, if any.

The *streaming* form is an asynchronous generator with the same statements, that
yields what is ready before it awaits anything and in loops now and then.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etesian.templates.escapes import Escapes
from etesian.templates.interface import ParseError
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
from etesian.templates.python_source import (
    Names,
    parse_expression,
    parse_handler,
    parse_loop,
    parse_statements,
)
from etesian.templates.syntax import Place, call, code, constant, do, joined, place, place_of

if TYPE_CHECKING:
    from etesian.templates.line_map import LineMap
    from etesian.templates.nodes import Body, Node

# Pieces of one f-string: all of them wait on the interpreter's stack until the last is there.
_BATCH_PIECES = 200

# Batches after which a streaming loop passes on what it has: some KB, for rows of a table.
_STREAM_BATCHES = 50

_START = "_tt_out = []\n_tt_append = _tt_out.append"
_FLUSH = "if _tt_out:\n yield ''.join(_tt_out)\n _tt_out.clear()"
_FLUSH_SOME = _FLUSH.replace("_tt_out:", f"_tt_len(_tt_out) >= {_STREAM_BATCHES}:")
_RETURN = "return ''.join(_tt_out)"
_FUNCTION = "def render(_tt_names, _tt_text, _tt_escaper, _tt_len): pass"


@dataclass(frozen=True, slots=True)
class Generated:
    """A module with one function; ``awaits`` tells that only its streaming form compiles."""

    tree: ast.Module
    awaits: bool


@dataclass(slots=True)
class _Scope:
    """What is known of one Python function while its statements are made.

    ``borrowed`` names are bound in it and perhaps read before: they start with the
    namespace's value. ``streams`` tells whether a ``yield`` may stand here.
    """

    streams: bool
    loops: int = 0
    tries: int = 0
    loaded: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    borrowed: set[str] = field(default_factory=set)


def generate(body: Body, lines: LineMap, *, streaming: bool) -> Generated:
    """Give the function that renders a linked body.

    Raises:
        ParseError: Python in the template does not parse, or a ``break`` or
            ``continue`` came to stand outside of any loop when files were linked.
    """
    return _Generator(body, lines, streaming=streaming).generate(body)


class _Generator:
    def __init__(self, body: Body, lines: LineMap, *, streaming: bool) -> None:
        self._lines = lines
        self._streaming = streaming
        self._escapes = Escapes(body, lines)
        self._scope = _Scope(streams=streaming)
        self._awaits = False
        self._applies = 0
        self._here: Place = place(1, 0, 0)

    def generate(self, body: Body) -> Generated:
        start = self._here
        statements = self._body(body)
        (function,) = code(f"async {_FUNCTION}" if self._streaming else _FUNCTION, start)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            function.body = [*self._prelude(start), *self._framed(statements, start)]
        return Generated(ast.Module([function], []), self._awaits)

    def _prelude(self, at: Place) -> list[ast.stmt]:
        borrowed = "\n".join(
            f"if {name!r} in _tt_names: {name} = _tt_names[{name!r}]"
            for name in sorted(self._scope.borrowed)
        )
        return [*code(borrowed, at), *self._escapes.prelude(self._scope.bound)]

    def _framed(self, statements: list[ast.stmt], at: Place) -> list[ast.stmt]:
        """Put the collecting of output around statements that make up a function."""
        end = _FLUSH if self._scope.streams else _RETURN
        return [*code(_START, at), *statements, *code(end, at)]

    def _body(self, body: Body) -> list[ast.stmt]:
        """Give the statements of a body; of an empty one as well, for Python wants some."""
        result: list[ast.stmt] = []
        pieces: list[ast.expr] = []
        for node in body:
            if isinstance(node, Text | Output | ModuleCall | Apply):
                awaits, self._awaits = self._awaits, False
                piece = self._piece(node, result)
                if self._awaits and self._scope.streams:
                    self._flush(pieces, result)
                    result += self._yield_all()
                self._awaits |= awaits
                pieces.append(piece)
                if len(pieces) >= _BATCH_PIECES:
                    self._flush(pieces, result)
            else:
                self._flush(pieces, result)
                result += self._statements(node)
        self._flush(pieces, result)
        return result or [ast.Pass(**self._here)]

    def _flush(self, pieces: list[ast.expr], result: list[ast.stmt]) -> None:
        """Make one batch of the pieces that came together."""
        if pieces:
            at = place_of(pieces[0])
            result.append(do(call("_tt_append", [joined(pieces, at)], at), at))
            pieces.clear()

    # Output

    def _piece(self, node: Text | Output | ModuleCall | Apply, before: list[ast.stmt]) -> ast.expr:
        """Give the expression for the node's output; what must stand before goes to ``before``."""
        if isinstance(node, Text):
            return constant(node.value, self._here)
        if isinstance(node, Apply):
            return self._apply(node, before)
        if isinstance(node, ModuleCall):
            call_ = node.call
            # The name of the module becomes an attribute of what knows all modules.
            prefix = "_tt_modules."
            whole = Fragment(
                prefix + call_.text, call_.origin, call_.line, call_.column - len(prefix)
            )
            value = self._expression(whole)
            return call("_tt_text", [value], place_of(value))
        value = self._expression(node.expression)
        if node.escape is None:
            return call("_tt_text", [value], place_of(value))
        return self._escapes.apply(node.escape, value)

    def _apply(self, node: Apply, before: list[ast.stmt]) -> ast.expr:
        """Give the call of a function on the output of a body, which becomes one itself."""
        function = self._expression(node.function)
        at = place_of(function)
        self._applies += 1
        name = f"_tt_apply_{self._applies}"
        outer, self._scope = self._scope, _Scope(streams=False)
        awaits, self._awaits = self._awaits, False
        statements = self._framed(self._body(node.body), at)
        inner: ast.expr = call(name, [], at)
        (definition,) = code(f"{'async ' if self._awaits else ''}def {name}(): pass", at)
        if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
            definition.body = statements
        if self._awaits:
            inner = ast.Await(inner, **at)
        self._scope = outer
        self._awaits |= awaits
        before.append(definition)
        return call("_tt_text", [call(function, [inner], at)], at)

    # Statements

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
            loop.body += code(_FLUSH_SOME, self._here)
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
            raise ParseError(
                f"{node.code.text} outside a loop", node.code.origin.name, node.code.line
            )
        return ast.Break(**self._here) if node.code.text == "break" else ast.Continue(**self._here)

    # Names and places

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

    # Streaming

    def _may_yield(self) -> bool:
        # Not inside try: a handler would catch what the consumer of the stream raises.
        return self._scope.streams and not self._scope.tries

    def _yield_all(self) -> list[ast.stmt]:
        return code(_FLUSH, self._here) if self._may_yield() else []
