"""What a parsed template consists of: plain frozen values, no behaviour but rebuilding.

Python in a template stays text here (``Fragment``), with the place where it stands;
the code stage makes syntax trees of it. A node can therefore be shared by every
template that includes or extends its file.

They are named tuples: making a dataclass takes longer than everything else that
happens when the package is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from etesian.templates.interface import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from etesian.templates.origin import Origin

Body: TypeAlias = "tuple[Node, ...]"

# A message is read by people: two lines or three, though a directive may be megabytes long.
_MESSAGE_CHARACTERS = 300


class Fragment(NamedTuple):
    """Python text in a template: ``line`` from 1, ``column`` in bytes of UTF-8 from 0."""

    text: str
    origin: Origin
    line: int
    column: int

    def error(self, message: str) -> ParseError:
        """Give the error that something is wrong here, whatever of the text is in the message."""
        if len(message) > _MESSAGE_CHARACTERS:
            message = f"{message[:_MESSAGE_CHARACTERS]}..."
        return ParseError(message, self.origin.name, self.line)


class Text(NamedTuple):
    """Output as it stands, its white space already treated."""

    value: str


class Output(NamedTuple):
    """The value of an expression.

    ``escape`` is the name of the function that it passes through; ``None`` for none.
    """

    expression: Fragment
    escape: str | None


class ModuleCall(NamedTuple):
    """``{% module X(a) %}``: a call on the namespace's ``_tt_modules``, not escaped."""

    call: Fragment


class Statement(NamedTuple):
    """``set``, ``import``, ``from``: one or more simple Python statements."""

    code: Fragment


class Jump(NamedTuple):
    """``break`` or ``continue``; ``code`` is that word."""

    code: Fragment


class Branch(NamedTuple):
    """A header such as ``if x`` or ``except E as e``, and what it governs."""

    header: Fragment
    body: Body


class If(NamedTuple):
    """``if`` and ``elif`` branches in order, then ``else``."""

    branches: tuple[Branch, ...]
    orelse: Body

    @property
    def at(self) -> Fragment:
        """Where it stands."""
        return self.branches[0].header

    def bodies(self) -> tuple[Body, ...]:
        """Give every body, in the order of the text."""
        return (*(branch.body for branch in self.branches), self.orelse)

    def with_bodies(self, change: Callable[[Body], Body]) -> If:
        """Give the same node with every body changed."""
        return If(_change_branches(self.branches, change), change(self.orelse))


class Loop(NamedTuple):
    """``for``, ``async for`` or ``while``: the header says which."""

    header: Fragment
    body: Body
    orelse: Body

    @property
    def at(self) -> Fragment:
        """Where it stands."""
        return self.header

    def bodies(self) -> tuple[Body, ...]:
        """Give every body, in the order of the text."""
        return (self.body, self.orelse)

    def with_bodies(self, change: Callable[[Body], Body]) -> Loop:
        """Give the same node with every body changed."""
        return Loop(self.header, change(self.body), change(self.orelse))


class Try(NamedTuple):
    """``try`` with its handlers; at least one of ``handlers`` and ``final`` is not empty.

    ``has_final`` tells ``{% finally %}`` with nothing in it from none at all.
    """

    header: Fragment
    body: Body
    handlers: tuple[Branch, ...]
    orelse: Body
    final: Body
    has_final: bool

    @property
    def at(self) -> Fragment:
        """Where it stands."""
        return self.header

    def bodies(self) -> tuple[Body, ...]:
        """Give every body, in the order of the text."""
        return (self.body, *(handler.body for handler in self.handlers), self.orelse, self.final)

    def with_bodies(self, change: Callable[[Body], Body]) -> Try:
        """Give the same node with every body changed."""
        return Try(
            self.header,
            change(self.body),
            _change_branches(self.handlers, change),
            change(self.orelse),
            change(self.final),
            self.has_final,
        )


class Apply(NamedTuple):
    """The output of the body goes through a function."""

    function: Fragment
    body: Body

    @property
    def at(self) -> Fragment:
        """Where it stands."""
        return self.function

    def bodies(self) -> tuple[Body, ...]:
        """Give every body, in the order of the text."""
        return (self.body,)

    def with_bodies(self, change: Callable[[Body], Body]) -> Apply:
        """Give the same node with its body changed."""
        return Apply(self.function, change(self.body))


class Block(NamedTuple):
    """A named part that an extending template may replace. Gone after linking."""

    name: str
    at: Fragment
    body: Body

    def bodies(self) -> tuple[Body, ...]:
        """Give every body, in the order of the text."""
        return (self.body,)

    def with_bodies(self, change: Callable[[Body], Body]) -> Block:
        """Give the same node with its body changed."""
        return Block(self.name, self.at, change(self.body))


class Include(NamedTuple):
    """Another file stands here. Gone after linking."""

    name: str
    at: Fragment


Compound: TypeAlias = If | Loop | Try | Apply | Block
Node: TypeAlias = Text | Output | ModuleCall | Statement | Jump | Include | Compound


class Tree:
    """One parsed file. ``parent`` is what it extends, if anything. Compared by identity."""

    __slots__ = ("body", "origin", "parent")

    def __init__(self, origin: Origin, body: Body, parent: Include | None) -> None:
        self.origin = origin
        self.body = body
        self.parent = parent


def _change_branches(
    branches: tuple[Branch, ...], change: Callable[[Body], Body]
) -> tuple[Branch, ...]:
    return tuple(Branch(branch.header, change(branch.body)) for branch in branches)
