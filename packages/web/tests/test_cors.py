import pytest

from etesian.web import CORSHandler, CORSPolicy

APP = "https://app.example"
PREFLIGHT = {"Origin": APP, "Access-Control-Request-Method": "PUT"}


class Account(CORSHandler):
    cors_policy = CORSPolicy(
        origins={APP, "https://admin.example:8443"},
        credentials=True,
        methods=("GET", "PUT"),
        headers=("Content-Type", "X-Csrf"),
        exposed=("X-Total",),
        max_age=60,
    )

    def get(self):
        self.write("balance")

    def put(self):
        raise ZeroDivisionError


class Prices(CORSHandler):
    cors_policy = CORSPolicy(origins={"*"})

    def get(self):
        self.write("public")


@pytest.fixture
async def site(serve):
    return serve([("/account", Account), ("/prices", Prices)])


def cors_headers(answer):
    return {name for name in answer.headers if name.startswith("Access-Control-")}


@pytest.mark.spec("S186")
@pytest.mark.parametrize("origin", [APP, "https://admin.example:8443"])
async def test_an_origin_of_the_list_may_read_with_credentials(site, origin):
    answer = await site.fetch("/account", headers={"Origin": origin})
    assert answer.text == "balance"
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Expose-Headers"] == "X-Total"
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.spec("S186")
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        "https://app.example.evil.example",
        "https://evil-app.example",
        "https://evilapp.example",
        "https://sub.app.example",
        "https://appXexample",
        "http://app.example",
        "https://app.example:444",
        "https://app.example:443",
        "https://app.example/",
        "https://app.example.",
        "HTTPS://APP.EXAMPLE",
        "https://app.example, https://evil.example",
        "https://app.example https://evil.example",
        "https://app.example@evil.example",
        "https://app.example%60.evil.example",
        "https://app.example_.evil.example",
        "file://",
        "*",
        "",
    ],
)
async def test_no_other_origin_may_and_caches_know_it(site, origin):
    answer = await site.fetch("/account", headers={"Origin": origin})
    assert cors_headers(answer) == set()
    assert answer.headers["Vary"] == "Origin"
    preflight = await site.fetch("/account", "OPTIONS", headers=PREFLIGHT | {"Origin": origin})
    assert (preflight.status, cors_headers(preflight)) == (403, set())


async def test_two_lines_of_origins_are_none(site):
    raw = await site.exchange(
        b"GET /account HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        b"Origin: https://app.example\r\nOrigin: https://app.example\r\n\r\n"
    )
    assert b"Access-Control" not in raw


@pytest.mark.spec("S186")
async def test_what_is_public_is_without_credentials_and_the_same_for_all(site):
    for headers in ({}, {"Origin": "null"}, {"Origin": "https://any.example"}):
        answer = await site.fetch("/prices", headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert cors_headers(answer) == {"Access-Control-Allow-Origin"}
        assert "Vary" not in answer.headers


@pytest.mark.spec("S186")
@pytest.mark.parametrize(
    "options",
    [
        {"origins": {"*"}, "credentials": True},
        {"origins": {"*", APP}},
        {"origins": APP},
        {"origins": {"null"}},
        {"origins": {"https://*.example"}},
        {"origins": {"https://app.example/"}},
        {"origins": {"https://app.example/path"}},
        {"origins": {"https://App.example"}},
        {"origins": {"https://app.example:443"}},
        {"origins": {"http://app.example:80"}},
        {"origins": {"app.example"}},
        {"origins": {"https://"}},
        {"origins": {""}},
        {"origins": {"https://app.example\r\nX: y"}},
        {"origins": {APP}, "methods": ["*"]},
        {"origins": {APP}, "methods": "PUT"},
        {"origins": {APP}, "headers": "X-Key"},
        {"origins": {APP}, "exposed": "X-Key"},
        {"origins": {APP}, "methods": ["GET, PUT"]},
        {"origins": {APP}, "headers": ["*"]},
        {"origins": {APP}, "headers": ["a b"]},
        {"origins": {APP}, "exposed": ["a\r\n"]},
        {"origins": {APP}, "max_age": -1},
        {"origins": {APP}, "max_age": 10_000},
    ],
)
def test_a_policy_that_would_be_a_mistake_cannot_be_made(options):
    with pytest.raises(ValueError, match=r"."):
        CORSPolicy(**options)


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://[::1]:8443", "app+x://id-1"])
def test_origins_of_all_kinds_can_be_named(origin):
    assert CORSPolicy(origins=[origin]).allows(origin)


async def test_a_preflight_says_what_may_be_asked(site):
    headers = PREFLIGHT | {"Access-Control-Request-Headers": "content-type, X-CSRF"}
    answer = await site.fetch("/account", "OPTIONS", headers=headers)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, PUT"
    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type, X-Csrf"
    assert answer.headers["Access-Control-Max-Age"] == "60"
    assert answer.headers["Vary"] == (
        "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Access-Control-Request-Method": "DELETE"},
        {"Access-Control-Request-Method": "put"},
        {"Access-Control-Request-Headers": "X-Other"},
        {"Access-Control-Request-Headers": "Content-Type, X-Other"},
        {"Access-Control-Request-Headers": "*"},
        {"Access-Control-Request-Headers": "X-Csrf," * 100},
    ],
)
async def test_a_preflight_for_more_is_refused(site, headers):
    answer = await site.fetch("/account", "OPTIONS", headers=PREFLIGHT | headers)
    assert answer.status == 403
    assert "Access-Control-Allow-Methods" not in answer.headers


async def test_options_that_are_no_preflight_are_answered(site):
    answer = await site.fetch("/account", "OPTIONS")
    assert (answer.status, answer.headers["Allow"]) == (200, "GET, PUT, OPTIONS")


async def test_scripts_can_read_error_pages_too(site):
    answer = await site.fetch("/account", "PUT", headers={"Origin": APP})
    assert answer.status == 500
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Vary"] == "Origin"
