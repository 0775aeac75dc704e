"""A linked template, compiled: a code object that becomes a function for each rendering."""

from __future__ import annotations

from contextlib import aclosing
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from etesian.templates.c_escape import c_escape
from etesian.templates.code import Kind, generate
from etesian.templates.escaping import xhtml_escape
from etesian.templates.interface import ParseError
from etesian.templates.line_map import LineMap
from etesian.templates.linker import link
from etesian.templates.nodes import Output, Text
from etesian.templates.optimiser import optimise
from etesian.templates.output import DEFERRED_ESCAPE
from etesian.templates.runtime import HELPERS, HELPERS_OF_BYTES
from etesian.templates.tracebacks import restore

if TYPE_CHECKING:
    import ast
    from collections.abc import AsyncGenerator

    from etesian.templates.code import Generated
    from etesian.templates.linker import TreeSource
    from etesian.templates.nodes import Body, Tree

# Values up to which a page without loops is not worth two lists.
_SHORT_VALUES = 4


class Program:
    """All stages after parsing, for one template.

    ``use_c`` allows that it escapes by a library in C, if one is installed. ``hands_bytes``
    is for functions of ``{% apply %}`` and ``{% autoescape %}`` that take nothing else.
    ``trees`` are the files it was made of, ``lines`` says which line of the code
    object is which line of them.

    Raises:
        ParseError: as ``link`` and ``generate``, or because Python cannot compile the
            function (it allows 20 loops and tries inside each other, for instance).
    """

    def __init__(
        self,
        tree: Tree,
        source: TreeSource | None,
        *,
        use_c: bool = True,
        hands_bytes: bool = False,
    ) -> None:
        self._hands_bytes = hands_bytes
        self._helpers = tuple((HELPERS_OF_BYTES if hands_bytes else HELPERS).values())
        linked, self.trees = link(tree, source)
        self.lines = LineMap(tree.origin for tree in self.trees)
        self._body: Body = optimise(linked)
        self._code: dict[Kind, CodeType] = {}
        self._usual = _usual_kind(self._body, use_c=use_c and c_escape is not None)
        generated = self._generate(self._usual)
        if generated.awaits:
            self._usual = Kind.STREAMING
        elif DEFERRED_ESCAPE in generated.bound:
            self._usual = Kind.PLAIN
        else:
            self._code[self._usual] = self._compile(generated.tree)
        self._compiled(self._usual)

    def syntax_tree(self) -> ast.Module:
        """Give the generated Python, for people: in the form that rendering uses."""
        return self._generate(self._usual).tree

    def render(self, namespace: dict[str, Any]) -> str:
        """Give the output, with these names as the function's globals.

        Raises:
            RuntimeError: the template awaits something.
            Exception: whatever the template's Python raises, its traceback in terms
                of the template.
        """
        kind = self._usual
        if kind is Kind.STREAMING:
            name = self.trees[-1].origin.name
            raise RuntimeError(f"template {name!r} awaits something: use generate_async")
        if namespace[DEFERRED_ESCAPE] is not xhtml_escape:
            # The namespace has put a function of its own in the place of ours.
            kind = Kind.PLAIN
        code = self._compiled(kind)
        try:
            result: str = FunctionType(code, namespace, None, (namespace, *self._helpers))()
        except Exception as error:
            restore(error, code, self.lines)
            raise
        return result

    async def stream(self, namespace: dict[str, Any]) -> AsyncGenerator[str, None]:
        """Give the output in parts, each as soon as something after it has to be awaited."""
        code = self._compiled(Kind.STREAMING)
        try:
            parts = FunctionType(code, namespace, None, (namespace, *self._helpers))()
            async with aclosing(parts):
                async for part in parts:
                    yield part
        except Exception as error:
            restore(error, code, self.lines)
            raise

    def _generate(self, kind: Kind) -> Generated:
        return generate(self._body, self.lines, kind, hands_bytes=self._hands_bytes)

    def _compiled(self, kind: Kind) -> CodeType:
        """Give the code of a kind, made when it is first asked for.

        Two threads may both make it; either result is as good.
        """
        code = self._code.get(kind)
        if code is None:
            code = self._compile(self._generate(kind).tree)
            self._code[kind] = code
        return code

    def _compile(self, tree: ast.Module) -> CodeType:
        try:
            # dont_inherit: the __future__ imports of this module are none of the template's.
            module = compile(tree, self.lines.first.filename, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise self._parse_error(error) from error
        return next(value for value in module.co_consts if isinstance(value, CodeType))

    def _parse_error(self, error: Exception) -> ParseError:
        if isinstance(error, SyntaxError):
            origin, line = self.lines.locate(error.lineno or 1)
            return ParseError(error.msg, origin.name, line)
        return ParseError(f"too much for Python: {error}", self.lines.first.name, 1)


def _usual_kind(body: Body, *, use_c: bool) -> Kind:
    if use_c:
        return Kind.RESPELLED
    return Kind.PLAIN if _is_short(body) else Kind.DEFERRED


def _is_short(body: Body) -> bool:
    values = [node for node in body if not isinstance(node, Text)]
    return len(values) <= _SHORT_VALUES and all(isinstance(node, Output) for node in values)
