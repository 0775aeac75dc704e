"""The index against the plain scan, which is what it must agree with."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire.interface import HTTPHeaders, HTTPServerRequest
from etesian.web.routing import AnyMatches, HostMatches, PathMatches, Rule, RuleRouter
from etesian.web.routing.index import RuleIndex
from etesian.web.routing.path_pattern import analyse

SEGMENTS = st.sampled_from(["a", "b", "ab", "", "a.b", "ü"])
PIECES = st.sampled_from(
    [
        "/",
        "a",
        "b",
        ".",
        r"\.",
        "(a)",
        "(.*)",
        "/?",
        "(?:/b)?",
        "[ab]",
        "a|/b",
        "a?",
        "/a/",
        r"\w",
        "a*",
        "(/.+)?",
        "$",
        "^/",
    ]
)


def _pattern(pieces):
    try:
        return re.compile("/" + "".join(pieces) + "$").pattern
    except re.error:
        return None


PATTERNS = st.lists(PIECES, max_size=5).map(_pattern).filter(bool)
MATCHERS = st.one_of(
    PATTERNS.map(PathMatches),
    st.just("/a/").map(PathMatches),
    PATTERNS.map(lambda p: PathMatches(re.compile(p, re.IGNORECASE))),
    st.builds(AnyMatches),
    st.sampled_from(["h", "g"]).map(HostMatches),
)
PATHS = st.lists(SEGMENTS, max_size=4).map(lambda parts: "/" + "/".join(parts))


def _request(path):
    return HTTPServerRequest("GET", path, "HTTP/1.1", HTTPHeaders({"Host": "h"}))


@given(matchers=st.lists(MATCHERS, max_size=12), path=PATHS)
def test_the_index_gives_all_matching_rules_in_order_and_nothing_twice(matchers, path):
    rules = [Rule(matcher, print) for matcher in matchers]
    request = _request(path)
    plain = [rule for rule in rules if rule.matcher.match(request) is not None]
    candidates = RuleIndex(rules).candidates(path)
    assert [rule for rule in candidates if rule.matcher.match(request) is not None] == plain
    assert len(set(map(id, candidates))) == len(candidates)


@given(pattern=PATTERNS, path=PATHS)
def test_what_is_said_of_a_pattern_holds_for_what_it_matches(pattern, path):
    regex = re.compile(pattern)
    known = analyse(regex)
    if regex.fullmatch(path):
        assert path.startswith(known.prefix)
        assert known.literal in (None, path)
    if known.literal is not None:
        assert regex.fullmatch(known.literal)
    if known.template is not None:
        assert len(known.template) == regex.groups + 1


def test_two_hundred_routes_cost_what_one_costs():
    """A path is asked of the rules that can match it, not of the 199 others."""
    asked = 0

    class Counting(PathMatches):
        def match(self, request):
            nonlocal asked
            asked += 1
            return super().match(request)

    rules = [Rule(PathMatches(rf"/s{number}/(\w+)"), print) for number in range(200)]
    rules += [Rule(PathMatches(f"/literal{number}"), print) for number in range(200)]
    index = RuleIndex(rules)
    assert [rule.matcher for rule in index.candidates("/s199/x")] == [rules[199].matcher]
    assert [rule.matcher for rule in index.candidates("/literal199")] == [rules[399].matcher]
    assert index.candidates("/nowhere") == ()
    rules.append(Rule(Counting(r"/s5/x"), print))
    assert len(RuleIndex(rules).candidates("/s199/x")) == 2
    assert asked == 0


def test_a_rule_that_is_put_into_the_public_list_counts():
    router = RuleRouter([(r"/a", print)])
    assert router.find_handler(_request("/b")) is None
    router.rules.insert(0, Rule(PathMatches("/b"), print))
    assert router.find_handler(_request("/b")) is not None


def test_building_an_index_of_many_routes_is_quick():
    rules = [Rule(PathMatches(f"/l{number}"), print) for number in range(3000)]
    started = time.perf_counter()
    RuleIndex(rules)
    assert time.perf_counter() - started < 2
