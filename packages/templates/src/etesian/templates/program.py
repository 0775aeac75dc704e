"""A linked template, compiled: a code object that becomes a function for each rendering."""

from __future__ import annotations

from contextlib import aclosing
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from etesian.templates.code import generate
from etesian.templates.interface import ParseError
from etesian.templates.line_map import LineMap
from etesian.templates.linker import link
from etesian.templates.optimiser import optimise
from etesian.templates.runtime import escaper, text
from etesian.templates.tracebacks import restore

if TYPE_CHECKING:
    import ast
    from collections.abc import AsyncGenerator

    from etesian.templates.linker import TreeSource
    from etesian.templates.nodes import Body, Tree

_HELPERS = (text, escaper, len)


class Program:
    """All stages after parsing, for one template.

    ``trees`` are the files it was made of, ``lines`` says which line of the code
    object is which line of them. ``only_streams`` tells that something is awaited.

    Raises:
        ParseError: as ``link`` and ``generate``, or because Python cannot compile the
            function (it allows 20 loops and tries inside each other, for instance).
    """

    def __init__(self, tree: Tree, source: TreeSource | None) -> None:
        linked, self.trees = link(tree, source)
        self.lines = LineMap(tree.origin for tree in self.trees)
        self._body: Body = optimise(linked)
        generated = generate(self._body, self.lines, streaming=False)
        self.only_streams = generated.awaits
        self._streaming: CodeType | None = None
        self._whole: CodeType | None = None
        if generated.awaits:
            self._streaming = self._compile(self.syntax_tree())
        else:
            self._whole = self._compile(generated.tree)

    def syntax_tree(self) -> ast.Module:
        """Give the generated Python, for people: in the form that rendering uses."""
        return generate(self._body, self.lines, streaming=self.only_streams).tree

    def render(self, namespace: dict[str, Any]) -> str:
        """Give the output, with these names as the function's globals.

        Raises:
            RuntimeError: the template awaits something.
            Exception: whatever the template's Python raises, its traceback in terms
                of the template.
        """
        code = self._whole
        if code is None:
            name = self.trees[-1].origin.name
            raise RuntimeError(f"template {name!r} awaits something: use generate_async")
        try:
            result: str = FunctionType(code, namespace, None, (namespace, *_HELPERS))()
        except Exception as error:
            restore(error, code, self.lines)
            raise
        return result

    async def stream(self, namespace: dict[str, Any]) -> AsyncGenerator[str, None]:
        """Give the output in parts, each as soon as something after it has to be awaited."""
        if self._streaming is None:
            generated = generate(self._body, self.lines, streaming=True)
            self._streaming = self._compile(generated.tree)
        code = self._streaming
        try:
            parts = FunctionType(code, namespace, None, (namespace, *_HELPERS))()
            async with aclosing(parts):
                async for part in parts:
                    yield part
        except Exception as error:
            restore(error, code, self.lines)
            raise

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
