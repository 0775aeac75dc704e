"""Third stage: several files become one body.

What extends is laid over what it extends, and what is included is put in place of
its ``{% include %}``. After this stage there are no blocks and no includes; a page
made of ten files renders as fast as one made of one.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Protocol

from etesian.templates.nodes import Block, Compound, Include
from etesian.templates.parser import MAX_NESTING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.templates.nodes import Body, Fragment, Node, Tree

# Nodes looked at while linking. Files that include each other twice at every step double the
# page each time: thirty small files would otherwise fill any memory.
MAX_NODES = 250_000


class TreeSource(Protocol):
    """Where the linker gets other files from: a loader."""

    def tree(self, name: str, parent_path: str | None) -> Tree:
        """Give the tree of a file named in another one, or raise what tells why not."""
        ...


def link(tree: Tree, source: TreeSource | None) -> tuple[Body, list[Tree]]:
    """Give the body of a template with all other files put in, and the trees it took.

    The first of the trees is the one whose text frames the page: the last ancestor.

    Raises:
        ParseError: another file is named and there is no ``source`` to get it from;
            files extend or include each other in a circle; or the whole is too large.
    """
    linker = _Linker(source)
    body = linker.page(tree, (), 0)
    return body, list(dict.fromkeys(linker.trees))


class _Linker:
    def __init__(self, source: TreeSource | None) -> None:
        self.trees: list[Tree] = []
        self._source = source
        self._count = count()

    def page(self, tree: Tree, path: tuple[str, ...], depth: int) -> Body:
        """Give the body of a file, included by the files in ``path``."""
        lineage = self._lineage(tree)
        self.trees += lineage
        path = (*path, tree.origin.name)
        blocks: dict[str, Block] = {}
        for ancestor in lineage:
            blocks.update((block.name, block) for block in self._blocks(ancestor.body, path))
        return _Page(self, blocks).resolve(lineage[0].body, path, depth)

    def load(self, include: Include, path: tuple[str, ...]) -> Tree:
        """Give the tree of the file that is named here."""
        at = include.at
        if self._source is None:
            raise at.error(f"{at.text}: there is no loader to load it with")
        try:
            tree = self._source.tree(include.name, at.origin.name)
        except OSError as error:
            raise at.error(f"{at.text}: {error}") from error
        if tree.origin.name in path:
            raise at.error(f"{at.text}: a circle of {' -> '.join((*path, include.name))}")
        if len(path) >= MAX_NESTING:
            raise at.error(f"files include or extend each other more than {MAX_NESTING} deep")
        return tree

    def check_size(self, at: Fragment) -> None:
        """Count one more node."""
        if next(self._count) >= MAX_NODES:
            raise at.error(f"with all that it includes, more than {MAX_NODES} nodes")

    def _lineage(self, tree: Tree) -> list[Tree]:
        """Give the ancestors, the last one first, and the tree itself at the end."""
        lineage = [tree]
        path = [tree.origin.name]
        while lineage[-1].parent is not None:
            lineage.append(self.load(lineage[-1].parent, tuple(path)))
            path.append(lineage[-1].origin.name)
        return lineage[::-1]

    def _blocks(self, body: Body, path: tuple[str, ...]) -> Iterator[Block]:
        """Give the blocks of a body and of what it includes, in the order of the text."""
        for node in body:
            if isinstance(node, Include):
                self.check_size(node.at)
                tree = self.load(node, path)
                # A file that extends another one is a page of its own, its blocks its affair.
                if tree.parent is None:
                    yield from self._blocks(tree.body, (*path, tree.origin.name))
            elif isinstance(node, Compound):
                if isinstance(node, Block):
                    yield node
                for inner in node.bodies():
                    yield from self._blocks(inner, path)


class _Page:
    """One lineage of files and the blocks that have won in it."""

    def __init__(self, linker: _Linker, blocks: dict[str, Block]) -> None:
        self._linker = linker
        self._blocks = blocks

    def resolve(self, body: Body, path: tuple[str, ...], depth: int) -> Body:
        """Give the body with blocks and included files in their places."""
        resolved: list[Node] = []
        for node in body:
            if isinstance(node, Include):
                resolved += self._included(node, path, depth)
            elif isinstance(node, Block):
                block = self._blocks[node.name]
                self._enter(block.at, depth)
                resolved += self.resolve(block.body, path, depth + 1)
            elif isinstance(node, Compound):
                self._enter(node.at, depth)
                resolved.append(node.with_bodies(lambda b: self.resolve(b, path, depth + 1)))
            else:
                resolved.append(node)
        return tuple(resolved)

    def _included(self, include: Include, path: tuple[str, ...], depth: int) -> Body:
        self._enter(include.at, depth)
        tree = self._linker.load(include, path)
        if tree.parent is not None:
            return self._linker.page(tree, path, depth + 1)
        self._linker.trees.append(tree)
        return self.resolve(tree.body, (*path, tree.origin.name), depth + 1)

    def _enter(self, at: Fragment, depth: int) -> None:
        self._linker.check_size(at)
        if depth >= MAX_NESTING:
            raise at.error(f"with all that it includes, nested more than {MAX_NESTING} deep")
