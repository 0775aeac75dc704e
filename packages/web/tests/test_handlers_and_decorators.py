import asyncio

import pytest

from etesian.http_wire.interface import HTTPHeaders, ResponseStartLine
from etesian.web import (
    FallbackHandler,
    RedirectHandler,
    RequestHandler,
    addslash,
    authenticated,
    removeslash,
)


class Private(RequestHandler):
    asked = 0

    def get_current_user(self):
        type(self).asked += 1
        return self.get_argument("user", None)

    @authenticated
    def get(self):
        self.write(f"hello {self.current_user} {self.current_user}")

    @authenticated
    async def post(self):
        await asyncio.sleep(0)
        self.write(self.current_user)

    head = get


@pytest.mark.spec("B-WEB-146", "B-WEB-147", "B-WEB-151")
async def test_only_users_are_let_in_and_others_are_sent_to_log_in(serve):
    site = serve(Private, login_url="/login")
    Private.asked = 0
    assert (await site.fetch("/x?user=ada")).text == "hello ada ada"
    assert Private.asked == 1
    assert (await site.fetch("/x?user=ada", "POST", body="")).text == "ada"
    for method in ("GET", "HEAD"):
        answer = await site.fetch("/x?a=1&b", method)
        assert (answer.status, answer.headers["Location"]) == (302, "/login?next=%2Fx%3Fa%3D1%26b")
    assert (await site.fetch("/x", "POST", body="")).status == 403


@pytest.mark.spec("B-WEB-148", "B-WEB-149")
@pytest.mark.parametrize(
    ("login_url", "location"),
    [
        ("/login?has=query", "/login?has=query"),
        ("https://id.example/login", "https://id.example/login?next=http%3A%2F%2Fh%3A1%2Fx"),
    ],
)
async def test_the_login_url_decides_how_to_come_back(serve, login_url, location):
    answer = await serve(Private, login_url=login_url).fetch("/x", headers={"Host": "h:1"})
    assert answer.headers["Location"] == location


@pytest.mark.spec("B-WEB-150")
async def test_a_missing_login_url_is_a_clear_error(serve, caplog):
    assert (await serve(Private).fetch("/")).status == 500
    assert "@authenticated needs the setting 'login_url'" in caplog.text


@pytest.mark.spec("B-WEB-151")
async def test_the_current_user_may_be_assigned(serve):
    class Assigning(Private):
        async def prepare(self):
            self.current_user = "bob"

    assert (await serve(Assigning).fetch("/")).text == "hello bob bob"


# Slashes


class Add(RequestHandler):
    @addslash
    def get(self):
        self.write("here")

    post = get


class Remove(RequestHandler):
    @removeslash
    def get(self):
        self.write("here")

    post = get


@pytest.mark.spec("B-WEB-196", "B-WEB-197", "S172")
@pytest.mark.parametrize(
    ("handler", "target", "location"),
    [
        (Add, "/a", "/a/"),
        (Add, "/a?q=1&r", "/a/?q=1&r"),
        (Add, "//evil.example/a", "/evil.example/a/"),
        (Remove, "/a/", "/a"),
        (Remove, "/a//?q", "/a?q"),
        (Remove, "//evil.example/", "/evil.example"),
    ],
)
async def test_paths_get_or_lose_their_slash_by_redirect(serve, handler, target, location):
    site = serve(handler)
    answer = await site.fetch(target)
    assert (answer.status, answer.headers["Location"]) == (301, location)
    assert (await site.fetch(target, "POST", body="")).status == 404
    assert (await site.fetch(location)).text == "here"


@pytest.mark.spec("B-WEB-197")
async def test_the_root_does_not_lose_its_slash(serve):
    assert (await serve(Remove).fetch("/")).text == "here"


# Redirects by configuration


@pytest.mark.spec("B-WEB-193", "B-WEB-194")
@pytest.mark.parametrize(
    ("pattern", "url", "target", "location"),
    [
        ("/old", "/new", "/old", "/new"),
        ("/old", "/new?a=1", "/old?b=2", "/new?a=1&b=2"),
        ("/old/(.*)/(.*)", "/new/{1}/{0}", "/old/a/b%20c", "/new/b%20c/a"),
        ("/old/(?P<name>.*)", "https://h/{name}?x", "/old/%C3%A9%3F", "https://h/%C3%A9%3F?x"),
        ("/(.*)", "{0}", "//evil.example/", "/evil.example/"),
        ("/old(/x)?", "/new{0}", "/old", "/new"),
    ],
)
async def test_a_route_may_redirect(serve, pattern, url, target, location):
    answer = await serve([(pattern, RedirectHandler, {"url": url})]).fetch(target)
    assert (answer.status, answer.headers["Location"]) == (301, location)
    site = serve([(pattern, RedirectHandler, {"url": url, "permanent": False})])
    assert (await site.fetch(target)).status == 302


@pytest.mark.spec("S123")
async def test_captured_line_ends_stay_encoded_in_a_redirect(serve):
    site = serve([("/(.*)", RedirectHandler, {"url": "https://h/{0}"})])
    answer = await site.fetch("/a%0d%0aSet-Cookie:x=1")
    assert answer.headers["Location"] == "https://h/a%0D%0ASet-Cookie%3Ax%3D1"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.spec("B-WEB-195")
async def test_a_fallback_gets_the_whole_request(serve):
    def fallback(request):
        body = b"fallback " + request.body
        headers = HTTPHeaders({"Content-Length": str(len(body))})
        request.connection.write_headers(ResponseStartLine("", 200, "OK"), headers, body)
        request.connection.finish()

    site = serve([(".*", FallbackHandler, {"fallback": fallback})], xsrf_cookies=True)
    assert (await site.fetch("/", "POST", body=b"abc")).text == "fallback abc"
