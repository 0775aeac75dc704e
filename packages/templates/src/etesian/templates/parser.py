"""Second stage: tokens become a tree of nodes.

The parser knows which directive may stand where (``constructs`` knows it for those
with an ``{% end %}``). It keeps its own stack of what is open, so a template nested
ten thousand deep meets a limit of ours and not one of Python. Python inside a
template is only cut out here (``nodes.Fragment``); the code stage reads it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from etesian.templates.constructs import CONSTRUCTS, DIVIDERS, LOOPS, Construct
from etesian.templates.lexer import Kind, Token, tokenize
from etesian.templates.nodes import (
    Fragment,
    Include,
    Jump,
    ModuleCall,
    Node,
    Output,
    Statement,
    Text,
    Tree,
)
from etesian.templates.restricted import check_directive
from etesian.templates.whitespace import treat_text
from etesian.templates.whitespace_modes import MODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.templates.origin import Origin

# Constructs open at one time in one file. Python itself allows 20 loops and tries and 100
# levels of indentation; no page is nested like that, and the later stages may then recurse.
MAX_NESTING = 100

_SPACE = " \t\r\n\f\v"
_BLANK = re.compile(f"[{_SPACE}]")


def parse(origin: Origin, *, autoescape: str | None, whitespace: str) -> Tree:
    """Give the tree of a template's text.

    ``autoescape`` and ``whitespace`` hold until a directive in the text says
    otherwise: for white space from there on, for escaping in the whole file.

    Raises:
        ParseError: the directives do not fit together, or nest too deep.
    """
    return _Parser(origin, autoescape, whitespace).parse()


class _Parser:
    def __init__(self, origin: Origin, autoescape: str | None, whitespace: str) -> None:
        self._origin = origin
        self._autoescape = autoescape
        self._whitespace = whitespace
        self._parent: Include | None = None
        self._body: list[Node] = []
        self._open: list[Construct] = []

    def parse(self) -> Tree:
        tokens = list(tokenize(self._origin.text, self._origin.name))
        self._choose_escape(tokens)
        for token in tokens:
            if token.kind is Kind.TEXT:
                self._body.append(Text(treat_text(self._whitespace, token.content)))
            elif token.kind is Kind.EXPRESSION:
                self._expression(self._fragment(token))
            else:
                self._directive(self._fragment(token))
        if self._open:
            construct = self._open[-1]
            raise construct.header.error(f"{construct.word} has no {{% end %}}")
        return Tree(self._origin, tuple(self._body), self._parent)

    def _choose_escape(self, tokens: list[Token]) -> None:
        """Look ahead: the last ``autoescape`` rules the whole file, before and after it."""
        for token in tokens:
            if token.kind is Kind.DIRECTIVE and token.content.lstrip(_SPACE).startswith(
                "autoescape"
            ):
                word, argument = _split(self._fragment(token))
                if word == "autoescape":
                    self._autoescape = None if argument.text in {"", "None"} else argument.text

    def _expression(self, fragment: Fragment) -> None:
        if not fragment.text:
            raise fragment.error("empty expression {{ }}")
        self._body.append(Output(fragment, self._autoescape))

    def _directive(self, whole: Fragment) -> None:
        word, argument = _split(whole)
        if self._origin.restricted:
            check_directive(word, whole, argument)
        if word == "end":
            self._end(whole)
        elif word in DIVIDERS:
            self._divide(word, whole, argument)
        elif word in CONSTRUCTS:
            self._begin(word, whole, argument)
        elif word in _SINGLE:
            _SINGLE[word](self, whole, argument)
        elif word:
            raise whole.error(f"unknown directive {word!r}")
        else:
            raise whole.error("empty directive {% %}")

    def _begin(self, word: str, whole: Fragment, argument: Fragment) -> None:
        if len(self._open) >= MAX_NESTING:
            raise whole.error(f"directives nest more than {MAX_NESTING} deep")
        construct = Construct(word, whole, argument, outer=self._body)
        self._open.append(construct)
        self._body = construct.sections[0].body

    def _divide(self, word: str, whole: Fragment, argument: Fragment) -> None:
        if not self._open:
            raise whole.error(f"{word} stands outside any construct")
        self._body = self._open[-1].divide(word, whole, argument)

    def _end(self, whole: Fragment) -> None:
        if not self._open:
            raise whole.error("{% end %} with nothing to end")
        construct = self._open.pop()
        self._body = construct.outer
        self._body.append(construct.build())

    def _ignore(self, whole: Fragment, argument: Fragment) -> None:
        """``comment`` says nothing, and ``autoescape`` was heard before the start."""

    def _extends(self, whole: Fragment, argument: Fragment) -> None:
        if self._open:
            raise whole.error("extends stands inside another directive")
        if self._parent is not None:
            raise whole.error("a template extends one other at most")
        self._parent = Include(_file_name(whole, argument), whole)

    def _include(self, whole: Fragment, argument: Fragment) -> None:
        self._body.append(Include(_file_name(whole, argument), whole))

    def _set_whitespace(self, whole: Fragment, argument: Fragment) -> None:
        if argument.text not in MODES:
            raise whole.error(f"whitespace mode is {argument.text!r}, not one of {sorted(MODES)}")
        self._whitespace = argument.text

    def _jump(self, whole: Fragment, argument: Fragment) -> None:
        # Beyond an apply there is no loop to leave: its body becomes a function of its own.
        for construct in reversed(self._open):
            if construct.word in LOOPS and len(construct.sections) == 1:
                self._body.append(Jump(whole))
                return
            if construct.word == "apply":
                break
        raise argument.error(f"{whole.text} outside a loop")

    def _raw(self, whole: Fragment, argument: Fragment) -> None:
        self._body.append(Output(_needed(whole, argument), None))

    def _module(self, whole: Fragment, argument: Fragment) -> None:
        self._body.append(ModuleCall(_needed(whole, argument)))

    def _set(self, whole: Fragment, argument: Fragment) -> None:
        self._body.append(Statement(_needed(whole, argument)))

    def _import(self, whole: Fragment, argument: Fragment) -> None:
        _needed(whole, argument)
        self._body.append(Statement(whole))

    def _fragment(self, token: Token) -> Fragment:
        return _strip(Fragment(token.content, self._origin, token.line, token.column))


# Directives without an end: what each does with the whole of it and with its argument.
_SINGLE: dict[str, Callable[[_Parser, Fragment, Fragment], None]] = {
    "autoescape": _Parser._ignore,  # noqa: SLF001 - the table belongs to the class
    "break": _Parser._jump,  # noqa: SLF001
    "comment": _Parser._ignore,  # noqa: SLF001
    "continue": _Parser._jump,  # noqa: SLF001
    "extends": _Parser._extends,  # noqa: SLF001
    "from": _Parser._import,  # noqa: SLF001
    "import": _Parser._import,  # noqa: SLF001
    "include": _Parser._include,  # noqa: SLF001
    "module": _Parser._module,  # noqa: SLF001
    "raw": _Parser._raw,  # noqa: SLF001
    "set": _Parser._set,  # noqa: SLF001
    "whitespace": _Parser._set_whitespace,  # noqa: SLF001
}


def _split(whole: Fragment) -> tuple[str, Fragment]:
    """Give a directive's first word, and the rest as a fragment of its own."""
    word = _BLANK.split(whole.text, maxsplit=1)[0]
    rest = whole.text[len(word) :]
    column = whole.column + len(word.encode())
    return word, _strip(Fragment(rest, whole.origin, whole.line, column))


def _strip(fragment: Fragment) -> Fragment:
    """Give the fragment without white space around it, its place moved accordingly."""
    text = fragment.text.lstrip(_SPACE)
    before = fragment.text[: len(fragment.text) - len(text)]
    breaks = before.count("\n")
    # All of what goes is ASCII, so characters are bytes.
    column = len(before) - before.rindex("\n") - 1 if breaks else fragment.column + len(before)
    return Fragment(text.rstrip(_SPACE), fragment.origin, fragment.line + breaks, column)


def _needed(whole: Fragment, argument: Fragment) -> Fragment:
    if not argument.text:
        raise whole.error(f"{whole.text} needs an argument")
    return argument


def _file_name(whole: Fragment, argument: Fragment) -> str:
    return _needed(whole, argument).text.strip("\"'")
