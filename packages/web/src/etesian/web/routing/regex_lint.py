"""Patterns of routes that take exponential time for some paths.

A backtracking engine tries all ways in which a pattern can match a text. Where a
repeated part can match the same text in two ways, each further repetition doubles
their number, and a path of forty characters that almost matches takes hours. That
is so exactly if, in the automaton of the pattern, two different walks from a
position back to itself read the same text.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from etesian.web.routing.matchers import HostMatches, PathMatches
from etesian.web.routing.regex_reader import UnreadableRegexError, read_regex
from etesian.web.routing.router import RuleRouter

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from etesian.web.routing.matchers import Matcher
    from etesian.web.routing.regex_reader import Automaton

__all__ = ["lint_regex", "lint_router"]

# Pairs of positions that are looked at; routes have some hundreds.
_MAX_PAIRS: Final = 200_000

_Pair = tuple[int, int]


def lint_regex(regex: re.Pattern[str]) -> str | None:
    """Say what is wrong with a pattern, or ``None`` where it matches in polynomial time."""
    try:
        automaton = read_regex(regex)
        is_ambiguous = _repeats_ambiguously(automaton)
    except UnreadableRegexError as error:
        return f"cannot be checked: {error}"
    if is_ambiguous:
        return "repeats what can match the same text in two ways: some paths take exponential time"
    return None


def lint_router(router: RuleRouter) -> Iterator[tuple[str, str]]:
    """Give each pattern of a router, and of those below it, with what is wrong with it."""
    for rule in router.rules:
        regex = _regex_of(rule.matcher)
        problem = None if regex is None else lint_regex(regex)
        if regex is not None and problem is not None:
            yield regex.pattern, problem
        if isinstance(rule.target, RuleRouter):
            yield from lint_router(rule.target)


def _regex_of(matcher: Matcher) -> re.Pattern[str] | None:
    if isinstance(matcher, PathMatches):
        return matcher.regex
    return matcher.host_pattern if isinstance(matcher, HostMatches) else None


def _repeats_ambiguously(automaton: Automaton) -> bool:
    successors: dict[int, list[int]] = {}
    for before, after in automaton.follows:
        successors.setdefault(before, []).append(after)
    for start in successors:
        forward = _walks(automaton, successors, start)
        if forward is not None and _returns(automaton, forward, start):
            return True
    return False


def _walks(
    automaton: Automaton, successors: dict[int, list[int]], start: int
) -> dict[_Pair, set[_Pair]] | None:
    """Give, of each pair that two walks from ``start`` can reach by one text, where it came from.

    ``None`` where no walk comes back to ``start``.
    """
    characters = automaton.characters
    origins: dict[_Pair, set[_Pair]] = {}
    waiting = deque([(start, start)])
    while waiting:
        pair = waiting.popleft()
        for left in successors.get(pair[0], ()):
            for right in successors.get(pair[1], ()):
                if left > right or characters[left].isdisjoint(characters[right]):
                    continue  # (a, b) and (b, a) are the same
                reached = (left, right)
                if reached not in origins:
                    if len(origins) > _MAX_PAIRS:
                        raise UnreadableRegexError("too involved")
                    origins[reached] = set()
                    waiting.append(reached)
                origins[reached].add(pair)
    return origins if (start, start) in origins else None


def _returns(automaton: Automaton, origins: dict[_Pair, set[_Pair]], start: int) -> bool:
    """Say whether two different walks of one text from ``start`` meet there again."""
    seen = {(start, start)}
    waiting = deque(seen)
    while waiting:
        pair = waiting.popleft()
        for before in origins.get(pair, ()):
            if before[0] != before[1]:
                return True
            if pair[0] == pair[1] and automaton.follows[before[0], pair[0]] > 1:
                return True
            if before not in seen:
                seen.add(before)
                waiting.append(before)
    return False
