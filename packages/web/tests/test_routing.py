import re

import pytest

from etesian.http_wire.interface import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from etesian.web import Application, ErrorHandler, RequestHandler, URLSpec, url
from etesian.web.routing import (
    AnyMatches,
    HostMatches,
    Matcher,
    PathMatches,
    ReversibleRuleRouter,
    Router,
    Rule,
    RuleRouter,
)


def _request(path="/", host="example.com", **headers):
    fields = HTTPHeaders({"Host": host, **headers})
    return HTTPServerRequest(method="GET", uri=path, version="HTTP/1.1", headers=fields)


def _names(**handlers):
    return {name: type(name, (RequestHandler,), {}) for name in handlers}


class Echo(RequestHandler):
    def initialize(self, **kwargs):
        self.given = kwargs

    def get(self, *args, **kwargs):
        self.write({"args": args, "kwargs": kwargs, "given": self.given})


def _answer(text):
    class Answer(RequestHandler):
        def get(self, *_args, **_kwargs):
            self.write(text)

    return Answer


# Paths


@pytest.mark.spec("B-WEB-001")
async def test_the_first_rule_that_matches_answers(serve):
    site = serve([(r"/a.*", _answer("first")), (r"/ab", _answer("second"))])
    assert (await site.fetch("/ab")).text == "first"


@pytest.mark.spec("B-WEB-002", "B-WEB-024")
@pytest.mark.parametrize("pattern", [r"/foo", r"/fo+", r"/foo|/bar", r"^/foo$"])
def test_a_regex_matches_the_whole_path(pattern):
    matcher = PathMatches(pattern)
    assert matcher.match(_request("/foo")) == {}
    assert matcher.match(_request("/foo/more")) is None
    assert matcher.match(_request("/before/foo")) is None
    assert matcher.match(_request("/foo%0A")) is None


@pytest.mark.spec("B-WEB-003", "B-WEB-005", "B-WEB-007", "S181")
async def test_groups_become_arguments_decoded_once_with_plus_signs_left_alone(serve):
    site = serve([(r"/p/([^/]*)(?:/(x))?", Echo), (r"/n/(?P<name>.*)", Echo)])
    assert (await site.fetch("/p/a%20b+c%252e")).json()["args"] == ["a b+c%2e", None]
    assert (await site.fetch("/n/%C3%A9")).json()["kwargs"] == {"name": "é"}


@pytest.mark.spec("B-WEB-004")
def test_where_groups_are_mixed_the_named_ones_win():
    assert PathMatches(r"/(\w)/(?P<b>\w)").match(_request("/a/b")) == {"path_kwargs": {"b": b"b"}}


@pytest.mark.spec("B-WEB-006")
async def test_a_captured_part_that_is_not_utf_8_is_a_400(serve):
    site = serve([(r"/(.*)", Echo)])
    assert (await site.fetch("/%ff")).status == 400


@pytest.mark.spec("B-WEB-008")
async def test_the_dict_of_a_rule_goes_to_initialize(serve):
    site = serve([(r"/", Echo, {"color": "red"})])
    assert (await site.fetch("/")).json()["given"] == {"color": "red"}


@pytest.mark.spec("B-WEB-009", "B-WEB-010")
async def test_rules_may_be_written_in_all_the_documented_ways(serve):
    site = serve(
        [
            (r"/2", Echo),
            (r"/3", Echo, {"n": 3}),
            [r"/4", Echo, {"n": 4}, "four"],
            URLSpec(r"/5", Echo, {"n": 5}),
            Rule(PathMatches(r"/6"), Echo, {"n": 6}),
            (PathMatches(r"/7"), Echo),
            (r"/8", "etesian.web.ErrorHandler", {"status_code": 410}),
        ]
    )
    for number in (3, 4, 5, 6):
        assert (await site.fetch(f"/{number}")).json()["given"] == {"n": number}
    assert [(await site.fetch(p)).status for p in ("/2", "/7", "/8")] == [200, 200, 410]


@pytest.mark.parametrize("item", ["text", (), ("/",), ("/", Echo, {}, "n", 5), None])
def test_what_is_no_rule_is_a_type_error(item):
    with pytest.raises(TypeError):
        RuleRouter([item])


def test_a_dotted_name_that_leads_nowhere_is_an_import_error():
    with pytest.raises(ImportError):
        url(r"/", "etesian.web.NoSuchHandler")


@pytest.mark.spec("B-WEB-011", "B-WEB-023", "B-WEB-026")
async def test_targets_may_be_lists_routers_delegates_and_callables(serve):
    def answer(request):
        body = request.method.encode() + request.body
        headers = HTTPHeaders({"Content-Length": str(len(body))})
        request.connection.write_headers(ResponseStartLine("", 200, "OK"), headers, body)
        request.connection.finish()

    class Own(Router):
        def find_handler(self, request, **kwargs):
            return application.get_handler_delegate(request, Echo, path_args=[b"own"])

    application = Application(
        [
            (r"/list/.*", [(r"/list/a", _answer("a")), (r"/list/b", _answer("b"))]),
            (r"/list/c", _answer("after the list")),
            (r"/router", Own()),
            (r"/callable", answer),
            (r"/application", Application([(r"/application", _answer("inner"))])),
            (r"/host", RuleRouter([(HostMatches(r"a\.example"), answer)])),
            (r"/host", _answer("other host")),
        ]
    )
    site = serve(application)
    assert (await site.fetch("/list/b")).text == "b"
    assert (await site.fetch("/list/c")).text == "after the list"
    assert (await site.fetch("/router")).json()["args"] == ["own"]
    assert (await site.fetch("/callable", "POST", body=b"x")).text == "POSTx"
    assert (await site.fetch("/application")).text == "inner"
    assert (await site.fetch("/host", headers={"Host": "a.example"})).text == "GET"
    assert (await site.fetch("/host", headers={"Host": "b.example"})).text == "other host"


@pytest.mark.spec("B-WEB-025")
def test_a_matcher_says_no_by_none_and_yes_by_an_empty_dict():
    class Never(Matcher):
        def match(self, request):
            return None

    router = RuleRouter([(Never(), print), (AnyMatches(), print)])
    assert router.find_handler(_request()) is not None
    assert RuleRouter([(Never(), print)]).find_handler(_request()) is None


async def test_a_matcher_may_give_arguments_for_initialize(serve):
    class Always(Matcher):
        found = {"handler_kwargs": {"a": 1}, "path_args": [b"x"]}  # noqa: RUF012 - the same dict

        def match(self, request):
            return self.found

    site = serve([Rule(Always(), Echo, {"b": 2})])
    for _ in range(2):
        answer = (await site.fetch("/")).json()
        assert answer == {"args": ["x"], "kwargs": {}, "given": {"a": 1, "b": 2}}
    assert set(Always.found) == {"handler_kwargs", "path_args"}


async def test_a_bare_router_answers_404_where_it_knows_nothing(serve):
    site = serve([(r"/x", RuleRouter([(r"/y", print)]))])
    assert (await site.fetch("/x")).status == 404


# Reversing


@pytest.mark.spec("B-WEB-012", "B-WEB-013", "B-WEB-014")
def test_a_path_is_built_from_a_name_and_arguments():
    application = Application(
        [
            url(r"/plain", Echo, name="plain"),
            url(r"/user/(\d+)/(.*)\.html", Echo, name="user"),
            url(r"/p/(?P<name>[^/]+)/?", Echo, name="named"),
            (r"/in/.*", [url(r"/in/(.*)", Echo, name="inner")]),
        ]
    )
    assert application.reverse_url("plain") == "/plain"
    assert application.reverse_url("user", 5, "a b+c/d") == "/user/5/a%20b%2Bc/d.html"
    assert application.reverse_url("named", "é") == "/p/%C3%A9"
    assert application.reverse_url("inner", b"\xff") == "/in/%FF"
    with pytest.raises(KeyError):
        application.reverse_url("unknown")
    with pytest.raises(AssertionError):
        application.reverse_url("plain", "surplus")


@pytest.mark.spec("B-WEB-015")
@pytest.mark.parametrize(
    "pattern", [r"/a(?:b|c)(d)", r"/[ab]", r"/a|/b", r"/(a(b))", r"/\w+", r"/a{2}", r"(?i)/a"]
)
def test_a_regex_that_cannot_be_reversed_still_routes(pattern):
    router = ReversibleRuleRouter([url(pattern, print, name="it")])
    assert router.reverse_url("it") is None
    sample = {r"/a(?:b|c)(d)": "/abd", r"/(a(b))": "/ab", r"/\w+": "/zz", r"/a{2}": "/aa"}
    assert router.find_handler(_request(sample.get(pattern, "/a"))) is not None


def test_a_compiled_regex_is_taken_as_it_is():
    matcher = PathMatches(re.compile(r"/ABC", re.IGNORECASE))
    assert matcher.match(_request("/abc")) == {}
    assert matcher.reverse() is None


# Hosts


@pytest.mark.spec("B-WEB-016")
async def test_all_host_patterns_that_fit_are_asked_in_order(serve):
    application = Application([(r"/", _answer("any"))])
    application.add_handlers(r"www\.example\.com", [(r"/a", _answer("first"))])
    application.add_handlers(r".*\.example\.com", [(r"/.*", _answer("second"))])
    site = serve(application)

    async def get(path, host):
        return (await site.fetch(path, headers={"Host": host})).text

    assert await get("/a", "www.example.com") == "first"
    assert await get("/b", "www.example.com") == "second"
    assert await get("/", "WWW.Example.com:8080") == "second"
    assert await get("/", "example.org") == "any"


@pytest.mark.spec("B-WEB-017")
def test_a_host_is_matched_without_its_port_and_may_be_ipv6():
    assert HostMatches(r"example\.com").match(_request(host="example.com:99")) == {}
    assert HostMatches(r"example\.com").match(_request(host="example.com.evil")) is None
    name = _request(host="[::1]:8000").host_name
    assert HostMatches(re.escape(name)).match(_request(host="[::1]:8000")) == {}


@pytest.mark.spec("B-WEB-018")
async def test_the_default_host_counts_where_no_pattern_fits_and_no_proxy_is_between(serve):
    application = Application(default_host="www.example.com")
    application.add_handlers(r"www\.example\.com", [(r"/", _answer("www"))])
    site = serve(application)
    assert (await site.fetch("/")).text == "www"
    assert (await site.fetch("/", headers={"X-Real-Ip": "1.2.3.4"})).status == 404


# No match


@pytest.mark.spec("B-WEB-019", "B-WEB-020")
async def test_without_a_match_it_is_404_or_the_default_handler(serve):
    site = serve([(r"/x", Echo)])
    assert (await site.fetch("/")).status == 404
    site = serve([], default_handler_class=Echo, default_handler_args={"n": 1})
    assert (await site.fetch("/")).json()["given"] == {"n": 1}


@pytest.mark.spec("B-WEB-027")
async def test_a_router_of_ones_own_can_run_handlers(serve):
    class Own(Router):
        def __init__(self, application):
            self.application = application

        def find_handler(self, request, **kwargs):
            return self.application.get_handler_delegate(
                request,
                Echo,
                target_kwargs={"k": 1},
                path_args=[b"a%20"],
                path_kwargs={},
            )

    application = Application()
    application.wildcard_router.add_rules([(AnyMatches(), Own(application))])
    answer = (await serve(application).fetch("/")).json()
    assert answer == {"args": ["a%20"], "kwargs": {}, "given": {"k": 1}}


def test_error_handlers_are_handlers():
    assert issubclass(ErrorHandler, RequestHandler)


async def test_an_application_may_decide_how_a_handler_class_is_run(serve):
    class Telling(Application):
        def get_handler_delegate(self, request, target_class, target_kwargs=None, **path):
            given = {**(target_kwargs or {}), "by": "application"}
            return super().get_handler_delegate(request, target_class, given, **path)

    site = serve(Telling([(r"/plain", Echo), (r"/nested/.*", [(r"/nested/a", Echo, {"a": 1})])]))
    for _ in range(2):
        assert (await site.fetch("/plain")).json()["given"] == {"by": "application"}
        assert (await site.fetch("/nested/a")).json()["given"] == {"a": 1, "by": "application"}
