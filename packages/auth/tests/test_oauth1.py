"""OAuth 1 against a provider that checks every signature by RFC 5849 itself."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, quote, unquote, urlencode

import pytest

from etesian.auth.oauth1 import OAuthMixin
from etesian.auth.twitter import TwitterMixin
from etesian.web.interface import RequestHandler

CONSUMER = {"key": "consumer", "secret": "consumer&secret"}
SECRETS = {"": "", "request": "request secret", "access": "access/secret"}


def escaped(text):
    return quote(text, safe="~")


def oauth_parameters(request):
    field = request.headers["Authorization"].removeprefix("OAuth ")
    pairs = (part.split("=", 1) for part in field.split(", "))
    return {name: unquote(value.strip('"')) for name, value in pairs}


def checked_parameters(request):
    """Give the OAuth parameters of a request, its signature checked (RFC 5849, 3.4)."""
    parameters = oauth_parameters(request)
    signature = parameters.pop("oauth_signature")
    pairs = list(parameters.items()) + parse_qsl(request.query) + parse_qsl(request.body.decode())
    encoded = sorted((escaped(name), escaped(value)) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    url = request.full_url().split("?")[0]
    base = "&".join((request.method, escaped(url), escaped(joined)))
    secret = SECRETS[parameters.get("oauth_token", "")]
    key = f"{escaped(CONSUMER['secret'])}&{escaped(secret)}"
    expected = b64encode(hmac.digest(key.encode(), base.encode(), "sha1")).decode()
    assert signature == expected
    return parameters


@pytest.fixture
async def provider1(serve, anyio_backend):
    """Serve a provider of OAuth 1; give its URL and the parameters it was sent."""
    seen = []

    class RequestToken(RequestHandler):
        def get(self):
            seen.append(checked_parameters(self.request))
            self.write("oauth_token=request&oauth_token_secret=request+secret")

    class Authorize(RequestHandler):
        def get(self):
            seen.append({name: self.get_argument(name) for name in self.request.arguments})

    class AccessToken(RequestHandler):
        def get(self):
            seen.append(checked_parameters(self.request))
            self.write("oauth_token=access&oauth_token_secret=access%2Fsecret&user_id=7")

    class Resource(RequestHandler):
        def get(self):
            parameters = checked_parameters(self.request)
            self.write(
                {
                    "screen_name": "ada",
                    "token": parameters.get("oauth_token"),
                    "path": self.request.uri,
                }
            )

        def post(self):
            checked_parameters(self.request)
            self.write({"form": self.request.body.decode(), "path": self.request.uri})

    routes = [
        ("/request_token", RequestToken),
        ("/authorize", Authorize),
        ("/authenticate", Authorize),
        ("/access_token", AccessToken),
        ("/.*", Resource),
    ]
    async with serve(routes) as url:
        yield url, seen


class Plain(OAuthMixin):
    def _oauth_consumer_token(self):
        return CONSUMER

    async def _oauth_get_user_future(self, access_token):
        body = await self._signed_fetch(self._BASE + "/me?fields=a%20b", access_token)
        return json.loads(body)


@pytest.fixture
def site(serve, provider1, login_handler):
    """Serve a site with ``/login``; give its URL."""
    base, _ = provider1

    @asynccontextmanager
    async def serving(mixin=Plain, begin=None, settings=(), **attributes):
        async def login(handler):
            if handler.get_argument("oauth_token", None) is not None:
                return await handler.get_authenticated_user()
            if begin is not None:
                await begin(handler)
            else:
                await handler.authorize_redirect()
            return None

        urls = {
            "_OAUTH_REQUEST_TOKEN_URL": base + "/request_token",
            "_OAUTH_AUTHORIZE_URL": base + "/authorize",
            "_OAUTH_AUTHENTICATE_URL": base + "/authenticate",
            "_OAUTH_ACCESS_TOKEN_URL": base + "/access_token",
            "_TWITTER_BASE_URL": base,
            "_BASE": base,
        }
        handler = login_handler(mixin, login=login, **urls, **attributes)
        async with serve([("/login", handler)], cookie_secret="0" * 32, **dict(settings)) as url:
            yield url + "/login"

    return serving


@pytest.mark.spec(
    "B-AUTH-010", "B-AUTH-011", "B-AUTH-013", "B-AUTH-016", "B-AUTH-018", "B-AUTH-019"
)
async def test_the_whole_flow(site, provider1, browser):
    base, seen = provider1
    async with site() as url:
        response = await browser.get(url + "?next=/home")
        assert response.headers["Location"] == base + "/authorize?oauth_token=request"
        assert "_oauth_request_token" in browser.jar
        response = await browser.get(url + "?oauth_token=request&oauth_verifier=v")
    assert response.code == 200, response.body
    user = json.loads(response.body)
    assert user["access_token"] == {"key": "access", "secret": "access/secret", "user_id": "7"}
    assert user["token"] == "access"
    assert browser.jar == {}
    first, last = seen
    assert first["oauth_consumer_key"] == "consumer"
    assert first["oauth_version"] == "1.0"
    assert first["oauth_signature_method"] == "HMAC-SHA1"
    assert first["oauth_timestamp"].isdigit()
    assert first["oauth_nonce"] != last["oauth_nonce"]
    assert last["oauth_verifier"] == "v"


@pytest.mark.spec("B-AUTH-041")
async def test_the_default_callback_is_this_url_with_its_query(site, provider1, browser):
    _, seen = provider1
    async with site() as url:
        await browser.get(url + "?next=/home")
    assert seen[0]["oauth_callback"] == url + "?next=/home"


@pytest.mark.spec("B-AUTH-014")
async def test_oob_is_passed_literally(site, provider1, browser):
    _, seen = provider1
    async with site(begin=lambda handler: handler.authorize_redirect("oob")) as url:
        await browser.get(url)
    assert seen[0]["oauth_callback"] == "oob"


@pytest.mark.spec("B-AUTH-017")
async def test_version_1_0_names_the_callback_at_the_consent_page(
    site, provider1, browser, query_of
):
    _, seen = provider1
    begin = lambda handler: handler.authorize_redirect("/login?x=y")  # noqa: E731
    async with site(begin=begin, _OAUTH_VERSION="1.0") as url:
        response = await browser.get(url)
        assert query_of(response) == {"oauth_token": "request", "oauth_callback": url + "?x=y"}
        await browser.get(url + "?oauth_token=request&oauth_verifier=v")
    for parameters in seen:
        assert "oauth_callback" not in parameters
        assert "oauth_verifier" not in parameters


@pytest.mark.spec("B-AUTH-015")
async def test_a_provider_without_callbacks_refuses_one(site, provider1, browser):
    _, seen = provider1
    attributes = {"_OAUTH_NO_CALLBACKS": True}
    async with site(begin=lambda h: h.authorize_redirect("/x"), **attributes) as url:
        assert (await browser.get(url)).code == 403
    assert seen == []
    async with site(**attributes) as url:
        assert (await browser.get(url)).code == 302


@pytest.mark.spec("B-AUTH-012", "B-AUTH-042")
@pytest.mark.parametrize("cookie", [None, "plain|old", "kept"])
async def test_a_foreign_or_missing_request_token_is_refused(site, provider1, browser, cookie):
    _, seen = provider1
    async with site() as url:
        await browser.get(url)
        if cookie is None:
            browser.jar.clear()
        elif cookie != "kept":
            browser.jar["_oauth_request_token"] = cookie
        token = "foreign" if cookie == "kept" else "request"
        response = await browser.get(f"{url}?{urlencode({'oauth_token': token})}")
        assert response.code == 403
        assert (await browser.get(url + "?oauth_token=request")).code == 403
    assert len(seen) == 1


@pytest.mark.spec("B-AUTH-020", "B-AUTH-021")
async def test_a_subclass_names_its_consumer_and_its_user():
    with pytest.raises(NotImplementedError):
        OAuthMixin()._oauth_consumer_token()
    with pytest.raises(NotImplementedError):
        await OAuthMixin()._oauth_get_user_future({})
    assert TwitterAPI()._oauth_consumer_token() == CONSUMER


TWITTER = {
    "twitter_consumer_key": CONSUMER["key"],
    "twitter_consumer_secret": CONSUMER["secret"],
}


class TwitterAPI(TwitterMixin):
    """The mixin with settings and no handler: requests to the API need none."""

    settings = TWITTER


@pytest.mark.spec("B-AUTH-036", "B-AUTH-039", "B-AUTH-040")
async def test_twitter_signs_in(site, provider1, browser):
    base, seen = provider1
    begin = lambda handler: handler.authenticate_redirect("/login?back=1")  # noqa: E731
    async with site(TwitterMixin, begin, TWITTER) as url:
        response = await browser.get(url)
        assert response.headers["Location"] == base + "/authenticate?oauth_token=request"
        assert seen[0]["oauth_callback"] == url + "?back=1"
        user = json.loads((await browser.get(url + "?oauth_token=request")).body)
    assert user["username"] == "ada"
    assert user["path"] == "/account/verify_credentials.json"


@pytest.mark.spec("B-AUTH-035")
async def test_twitter_needs_its_settings(site, browser):
    async with site(TwitterMixin, settings={"twitter_consumer_key": "k"}) as url:
        response = await browser.get(url)
    assert response.code == 403
    assert "twitter_consumer_secret" in json.loads(response.body)["error"]


@pytest.mark.spec("B-AUTH-037")
async def test_twitter_requests_take_paths_and_urls(provider1, browser):
    base, _ = provider1

    class API(TwitterAPI):
        _TWITTER_BASE_URL = base

        def get_auth_http_client(self):
            return browser.client

    token = {"key": "access", "secret": SECRETS["access"]}
    answer = await API().twitter_request("/a/b", token, count=3, q="x y")
    assert answer["path"] == "/a/b.json?count=3&q=x+y"
    answer = await API().twitter_request(base + "/whole", token)
    assert answer["path"] == "/whole"
    answer = await API().twitter_request("/post", token, post_args={"status": "h\u00e9 &"})
    assert answer == {"form": "status=h%C3%A9+%26", "path": "/post.json"}


@pytest.mark.spec("B-AUTH-038")
def test_twitter_is_version_1_1_over_https():
    assert TwitterMixin._TWITTER_BASE_URL == "https://api.twitter.com/1.1"
    for url in (TwitterMixin._OAUTH_REQUEST_TOKEN_URL, TwitterMixin._OAUTH_ACCESS_TOKEN_URL):
        assert url.startswith("https://")
