"""Finds the rules that can match a path, without asking all of them.

Same answer as the plain scan, in the same order: what the index leaves out is
only what could not have matched. 200 routes cost what one costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.web.routing.matchers import PathMatches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etesian.web.routing.rules import Rule

__all__ = ["RuleIndex"]


class RuleIndex:
    """The rules of one table, by literal path and by first segment.

    A rule whose matcher is not exactly :class:`PathMatches`, or whose pattern does
    not fix the first segment, is a candidate for every path.
    """

    __slots__ = ("_by_path", "_by_segment", "_others")

    def __init__(self, rules: Sequence[Rule]) -> None:
        everywhere: list[int] = []
        by_segment: dict[str, list[int]] = {}
        by_path: dict[str, list[int]] = {}
        for order, rule in enumerate(rules):
            _slot(rule, everywhere, by_segment, by_path).append(order)
        self._others = _rules(rules, everywhere)
        self._by_segment = {
            segment: _rules(rules, sorted(everywhere + orders))
            for segment, orders in by_segment.items()
        }
        # A literal path is known now, so it is also known which patterns match it.
        self._by_path = {
            path: _rules(
                rules,
                sorted(
                    orders
                    + [
                        order
                        for order in everywhere + by_segment.get(first_segment(path) or "", [])
                        if _may_match(rules[order], path)
                    ]
                ),
            )
            for path, orders in by_path.items()
        }

    def candidates(self, path: str) -> tuple[Rule, ...]:
        """Give all rules that may match ``path``, in the order of their declaration."""
        found = self._by_path.get(path)
        if found is not None:
            return found
        return self._by_segment.get(first_segment(path) or "", self._others)


def first_segment(path: str) -> str | None:
    """Give what stands between the first two slashes; ``None`` where there are not two."""
    end = path.find("/", 1)
    return path[1:end] if end > 0 and path[0] == "/" else None


def _slot(
    rule: Rule,
    everywhere: list[int],
    by_segment: dict[str, list[int]],
    by_path: dict[str, list[int]],
) -> list[int]:
    """Give the list in which ``rule`` has its place."""
    # Exactly this class: a derived one may match as it likes.
    if type(rule.matcher) is not PathMatches:
        return everywhere
    pattern = rule.matcher.pattern
    if pattern.literal is not None:
        return by_path.setdefault(pattern.literal, [])
    # An empty segment is the key of the paths without one; those see everything.
    segment = first_segment(pattern.prefix)
    return by_segment.setdefault(segment, []) if segment else everywhere


def _may_match(rule: Rule, path: str) -> bool:
    """Say whether ``rule`` matches ``path``, or cannot be asked yet."""
    matcher = rule.matcher
    return type(matcher) is not PathMatches or matcher.regex.fullmatch(path) is not None


def _rules(rules: Sequence[Rule], orders: Iterable[int]) -> tuple[Rule, ...]:
    return tuple(rules[order] for order in orders)
