"""What is remembered of a path is what the rules say each time that they are asked."""

import re

from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire.interface import HTTPHeaders, HTTPServerRequest
from etesian.web import Application, RequestHandler, URLSpec
from etesian.web.dispatch import HandlerDelegate
from etesian.web.handler_routes import HandlerRoutes
from etesian.web.routing import AnyMatches, HostMatches, PathMatches, Rule
from etesian.web.routing.index import RuleIndex


class First(RequestHandler):
    pass


class Second(RequestHandler):
    pass


MATCHERS = st.one_of(
    st.sampled_from(
        ["/a", "/b", "/(a)", "/(?P<x>.*)", "/a/(.+)", "/(.)/(b)?", "/%41"],
    ).map(PathMatches),
    st.just("/A").map(lambda pattern: PathMatches(re.compile(pattern, re.IGNORECASE))),
    st.builds(AnyMatches),
    st.sampled_from(["h", "g"]).map(HostMatches),
)
RULES = st.lists(
    st.builds(
        Rule,
        MATCHERS,
        st.sampled_from([First, Second, print]),
        st.sampled_from([{}, {"k": 1}]),
    ),
    max_size=6,
)
PATHS = st.sampled_from(["/a", "/b", "/", "/a/b", "/a/%20", "/%41", "/c/b", "/x/"])


def _request(path):
    return HTTPServerRequest("GET", path, "HTTP/1.1", HTTPHeaders({"Host": "h"}))


def _plain(rules, path):
    """Give what an ordered scan says: the target, and what it is given."""
    for rule in rules:
        params = rule.matcher.match(_request(path))
        if params is not None:
            return rule.target, {**params, "target_kwargs": rule.target_kwargs}
    return None


@given(rules=RULES, paths=st.lists(PATHS, min_size=1, max_size=6))
def test_a_remembered_route_is_that_of_the_ordered_scan(rules, paths):
    routes = HandlerRoutes(RuleIndex(rules))
    for path in [*paths, *paths]:
        route = routes.find(path)
        if route is not None:
            target, params = _plain(rules, path)
            assert route.handler_class is target
            assert route.target_kwargs is params["target_kwargs"]
            assert list(route.path_args) == params.get("path_args", [])
            assert route.path_kwargs == params.get("path_kwargs", {})


def test_a_path_alone_decides_where_no_rule_before_asks_for_more():
    rules = [Rule(PathMatches("/a"), First), Rule(HostMatches("h"), Second)]
    routes = HandlerRoutes(RuleIndex([*rules, Rule(PathMatches("/b"), First)]))
    assert routes.find("/a") == (First, {}, (), {})
    assert routes.find("/b") is None
    assert routes.find("/nowhere") is None


def test_rules_that_come_later_count_for_paths_that_were_asked_before():
    application = Application([("/b", First)])
    assert _class(application, "/b") is First
    application.wildcard_router.rules.insert(0, URLSpec("/b", Second))
    assert _class(application, "/b") is Second
    application.add_handlers("h", [("/b", First)])
    assert _class(application, "/b") is First


def test_whoever_asks_for_endless_paths_fills_no_memory():
    routes = HandlerRoutes(RuleIndex([Rule(PathMatches("/(.*)"), First)]))
    for number in range(5000):
        assert routes.find(f"/{number}").path_args == [str(number).encode()]
    assert len(routes._known) <= 1024
    routes._known.clear()
    assert routes.find("/" + "x" * 10_000) is not None
    assert not routes._known


def _class(application, path):
    delegate = application.find_handler(_request(path))
    assert isinstance(delegate, HandlerDelegate)
    return delegate._handler_class
