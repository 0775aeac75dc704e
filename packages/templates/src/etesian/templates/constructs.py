"""The directives that have an ``{% end %}``: their sections, and the node they become."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from etesian.templates.nodes import Apply, Block, Branch, If, Loop, Try

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.templates.nodes import Body, Compound, Fragment, Node

CONSTRUCTS = frozenset({"apply", "async", "block", "for", "if", "try", "while"})
LOOPS = frozenset({"async", "for", "while"})

# What divides which construct.
DIVIDERS = {
    "elif": frozenset({"if"}),
    "else": frozenset({"if", "for", "async", "while", "try"}),
    "except": frozenset({"try"}),
    "finally": frozenset({"try"}),
}

# The order in which dividers may follow each other; those of an equal rank may repeat if it is 1.
_RANKS = {"elif": 1, "except": 1, "else": 2, "finally": 3}


class Section(NamedTuple):
    """A part of a construct: what opens it, and the nodes read so far."""

    word: str
    whole: Fragment
    argument: Fragment
    body: list[Node]

    def branch(self) -> Branch:
        """Give it as a branch: an ``except`` with its word, a condition without."""
        header = self.whole if self.word == "except" else self.argument
        return Branch(header, tuple(self.body))


class Construct:
    """A construct whose end has not come yet.

    ``outer`` is the list that it will go into when it is built.

    Raises:
        ParseError: it lacks an argument, or has one that it cannot have.
    """

    def __init__(
        self, word: str, whole: Fragment, argument: Fragment, *, outer: list[Node]
    ) -> None:
        self.word = word
        self.header = whole
        self.outer = outer
        if bool(argument.text) is (word == "try"):
            needs = "takes no argument" if argument.text else "needs an argument"
            raise whole.error(f"{word} {needs}")
        self.sections = [Section(word, whole, argument, [])]

    def divide(self, word: str, whole: Fragment, argument: Fragment) -> list[Node]:
        """Begin a new section, and give the list for its nodes.

        Raises:
            ParseError: the section does not belong here, or not after what came before.
        """
        if self.word not in DIVIDERS[word]:
            raise whole.error(f"{word} inside {self.word}, which has none")
        last = _RANKS.get(self.sections[-1].word, 0)
        if last > _RANKS[word] or last == _RANKS[word] > 1:
            raise whole.error(f"{word} after {self.sections[-1].word}")
        if argument.text and word in {"else", "finally"}:
            raise whole.error(f"{word} takes no argument")
        if not argument.text and word == "elif":
            raise whole.error("elif needs a condition")
        self.sections.append(Section(word, whole, argument, []))
        return self.sections[-1].body

    def build(self) -> Compound:
        """Give the node, now that all its sections are there."""
        return _BUILDERS[self.word](self)

    def section(self, word: str) -> Body:
        """Give the nodes of the section of this name; nothing if there is none."""
        for section in self.sections[1:]:
            if section.word == word:
                return tuple(section.body)
        return ()


def _build_if(construct: Construct) -> If:
    branches = [section.branch() for section in construct.sections if section.word != "else"]
    return If(tuple(branches), construct.section("else"))


def _build_loop(construct: Construct) -> Loop:
    return Loop(construct.header, tuple(construct.sections[0].body), construct.section("else"))


def _build_try(construct: Construct) -> Try:
    words = [section.word for section in construct.sections]
    handlers = tuple(s.branch() for s in construct.sections if s.word == "except")
    has_final = "finally" in words
    if not handlers and not has_final:
        raise construct.header.error("try has neither except nor finally")
    if not handlers and "else" in words:
        raise construct.header.error("try has else but no except")
    return Try(
        construct.header,
        tuple(construct.sections[0].body),
        handlers,
        construct.section("else"),
        construct.section("finally"),
        has_final,
    )


def _build_apply(construct: Construct) -> Apply:
    first = construct.sections[0]
    return Apply(first.argument, tuple(first.body))


def _build_block(construct: Construct) -> Block:
    first = construct.sections[0]
    return Block(first.argument.text, first.whole, tuple(first.body))


_BUILDERS: dict[str, Callable[[Construct], Compound]] = {
    "apply": _build_apply,
    "async": _build_loop,
    "block": _build_block,
    "for": _build_loop,
    "if": _build_if,
    "try": _build_try,
    "while": _build_loop,
}
