"""Google and Facebook, played by a provider of our own behind a real socket."""

from __future__ import annotations

import hmac
import json

import pytest

from etesian.auth.facebook import FacebookGraphMixin
from etesian.auth.google import GoogleOAuth2Mixin

CLIENT_ID = "the-client"
CLIENT_SECRET = "the-client-secret"


async def log_in(browser, provider, url):
    provider.registered = url + "/login"
    response = await browser.get(url + "/login")
    return await browser.follow(await browser.follow(response))


def urls_of(provider):
    return {
        "_OAUTH_AUTHORIZE_URL": provider.url + "/authorize",
        "_OAUTH_ACCESS_TOKEN_URL": provider.url + "/token",
    }


@pytest.fixture
def google(provider, login_handler):
    async def login(handler):
        if handler.get_argument("code", None) is None:
            handler.authorize_redirect(provider.registered, CLIENT_ID, scope=["email"])
            return None
        return await handler.get_authenticated_user(
            provider.registered, handler.get_argument("code")
        )

    return login_handler(GoogleOAuth2Mixin, login=login, **urls_of(provider))


@pytest.mark.spec("B-AUTH-025", "B-AUTH-026")
async def test_google_gives_the_token_answer(serve, google, provider, browser):
    settings = {
        "cookie_secret": "0" * 32,
        "google_oauth": {"key": CLIENT_ID, "secret": CLIENT_SECRET},
    }
    async with serve([("/login", google)], **settings) as url:
        response = await log_in(browser, provider, url)
    assert json.loads(response.body) == {"access_token": "the-token", "expires_in": 3600}
    (form,) = provider.token_forms
    assert form.pop("code_verifier")
    assert form == {
        "grant_type": "authorization_code",
        "code": "code-0",
        "redirect_uri": provider.registered,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


@pytest.mark.spec("B-AUTH-027")
@pytest.mark.parametrize("setting", [{}, {"google_oauth": {"key": "k"}}, {"google_oauth": "k"}])
async def test_google_needs_key_and_secret(serve, google, provider, browser, setting):
    async with serve([("/login", google)], cookie_secret="0" * 32, **setting) as url:
        response = await log_in(browser, provider, url)
    assert response.code == 403
    assert "google_oauth" in json.loads(response.body)["error"]


@pytest.mark.spec(
    "B-AUTH-028", "B-AUTH-029", "B-AUTH-030", "B-AUTH-031", "B-AUTH-033", "B-AUTH-034"
)
async def test_facebook_gives_the_user(serve, login_handler, provider, browser):
    async def login(handler):
        if handler.get_argument("code", None) is None:
            handler.authorize_redirect(provider.registered, CLIENT_ID)
            return None
        return await handler.get_authenticated_user(
            provider.registered,
            CLIENT_ID,
            CLIENT_SECRET,
            handler.get_argument("code"),
            extra_fields=["email", "query"],
        )

    handler = login_handler(
        FacebookGraphMixin, login=login, _FACEBOOK_BASE_URL=provider.url, **urls_of(provider)
    )
    async with serve([("/login", handler)], cookie_secret="0" * 32) as url:
        user = json.loads((await log_in(browser, provider, url)).body)
    proof = hmac.new(CLIENT_SECRET.encode(), b"the-token", "sha256").hexdigest()
    asked = user.pop("query")
    assert asked == {
        "access_token": ["the-token"],
        "fields": ["id,name,first_name,last_name,locale,picture,link,email,query"],
        "appsecret_proof": [proof],
    }
    assert user == {
        "id": None,
        "name": "Ada",
        "first_name": None,
        "last_name": None,
        "locale": None,
        "picture": None,
        "link": None,
        "email": None,
        "access_token": "the-token",
        "session_expires": "3600",
    }


@pytest.mark.spec("B-AUTH-032")
async def test_facebook_posts_post_args_as_a_form_only(provider, browser):
    class Graph(FacebookGraphMixin):
        _FACEBOOK_BASE_URL = provider.url

        def get_auth_http_client(self):
            return browser.client

    answer = await Graph().facebook_request("/userinfo", "t", post_args={"message": "hi"})
    assert answer == {"query": {"access_token": ["t"]}, "form": {"message": ["hi"]}}
