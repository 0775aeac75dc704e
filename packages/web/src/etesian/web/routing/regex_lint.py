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

# Pairs of steps that are looked at: about a second. Routes have some hundreds.
_MAX_STEPS: Final = 5_000_000

_Pair = tuple[int, int]


def lint_regex(regex: re.Pattern[str]) -> str | None:
    """Say what is wrong with a pattern, or ``None`` where it matches in polynomial time."""
    try:
        automaton = read_regex(regex)
        is_ambiguous = _repeats_ambiguously(automaton)
    except UnreadableRegexError as error:
        return f"cannot be checked: {error}"
    except RecursionError:
        return "cannot be checked: groups in groups, too deep"
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
    steps_left = _MAX_STEPS
    for loop in _loops(automaton):
        for start in loop:
            forward, steps_left = _walks(automaton, loop, start, steps_left)
            if _returns(automaton, forward, start):
                return True
    return False


def _loops(automaton: Automaton) -> Iterator[dict[int, list[int]]]:
    """Give the parts in which each position leads to each other: the successors within each.

    A walk that comes back to where it began never leaves such a part.
    """
    size = len(automaton.characters)
    reached = [0] * size  # by the bits of a number: from each position, all others
    for before, after in automaton.follows:
        reached[before] |= 1 << after
    for middle in range(size):
        for place in range(size):
            if reached[place] >> middle & 1:
                reached[place] |= reached[middle]
    seen = 0
    for start in range(size):
        if (seen | ~reached[start]) >> start & 1:
            continue
        loop: dict[int, list[int]] = {
            place: []
            for place in range(size)
            if reached[start] >> place & reached[place] >> start & 1
        }
        for before, after in automaton.follows:
            if before in loop and after in loop:
                loop[before].append(after)
        seen |= sum(1 << place for place in loop)
        yield loop


def _walks(
    automaton: Automaton, successors: dict[int, list[int]], start: int, steps_left: int
) -> tuple[dict[_Pair, set[_Pair]], int]:
    """Give, of each pair that two walks from ``start`` can reach by one text, where it came from.

    Also what is left of the steps; raises where they do not suffice.
    """
    characters = automaton.characters
    origins: dict[_Pair, set[_Pair]] = {}
    waiting = deque([(start, start)])
    while waiting:
        pair = waiting.popleft()
        steps_left -= len(successors[pair[0]]) * len(successors[pair[1]])
        if steps_left < 0:
            raise UnreadableRegexError("too involved")
        for left in successors[pair[0]]:
            for right in successors[pair[1]]:
                if left > right or characters[left].isdisjoint(characters[right]):
                    continue  # (a, b) and (b, a) are the same
                reached = (left, right)
                if reached not in origins:
                    origins[reached] = set()
                    waiting.append(reached)
                origins[reached].add(pair)
    return origins, steps_left


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
