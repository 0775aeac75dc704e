"""Fourth stage: the same output from fewer nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.templates.nodes import Compound, Text

if TYPE_CHECKING:
    from etesian.templates.nodes import Body, Node


def optimise(body: Body) -> Body:
    """Give a body that renders the same, with neighbouring texts joined and empty ones gone.

    Linking puts texts of different files side by side; joined, they become part of
    one string in the generated code.
    """
    result: list[Node] = []
    texts: list[str] = []
    for node in body:
        if isinstance(node, Text):
            texts.append(node.value)
            continue
        _flush(texts, result)
        result.append(node.with_bodies(optimise) if isinstance(node, Compound) else node)
    _flush(texts, result)
    return tuple(result)


def _flush(texts: list[str], result: list[Node]) -> None:
    """Put what texts came together into the result, as one."""
    if any(texts):
        result.append(Text("".join(texts)))
    texts.clear()
