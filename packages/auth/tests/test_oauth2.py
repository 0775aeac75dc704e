"""The OAuth 2 code flow against a provider of our own, all three parties over sockets."""

from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager

import pytest

from etesian.auth.oauth2 import OAuth2Mixin
from etesian.http_wire.interface import HTTPClientError

CLIENT_ID = "the-client"
CLIENT_SECRET = "the-client-secret"


@pytest.fixture
def site(serve, provider, login_handler):
    """Serve a site whose ``/login`` begins and finishes a login; give its URL."""

    @asynccontextmanager
    async def serving(**attributes):
        async def login(handler):
            if handler.get_argument("code", None) or handler.get_argument("error", None):
                return await handler.exchange_code(
                    handler.settings["here"], client_id=CLIENT_ID, client_secret=CLIENT_SECRET
                )
            handler.authorize_redirect(
                provider.registered, client_id=CLIENT_ID, scope=["profile", "email"]
            )
            return None

        handler = login_handler(
            OAuth2Mixin,
            login=login,
            _OAUTH_AUTHORIZE_URL=provider.url + "/authorize",
            _OAUTH_ACCESS_TOKEN_URL=provider.url + "/token",
            **attributes,
        )
        settings = {"cookie_secret": "0" * 32}
        async with serve([("/login", handler)], **settings) as url:
            provider.registered = url + "/login"
            handler.settings = property(
                lambda self: {**self.application.settings, "here": provider.registered}
            )
            yield provider.registered

    return serving


async def begin(browser, url):
    """Go to the provider and back to the door of the site; give the last redirect."""
    response = await browser.get(url)
    assert response.code == 302
    return await browser.follow(response)


@pytest.mark.spec("B-AUTH-022", "S203")
async def test_the_whole_flow(site, provider, browser):
    async with site() as url:
        back = await begin(browser, url)
        response = await browser.follow(back)
    assert response.code == 200, response.body
    assert json.loads(response.body)["access_token"] == "the-token"
    (form,) = provider.token_forms
    assert form["grant_type"] == "authorization_code"
    assert form["client_secret"] == CLIENT_SECRET
    assert form["redirect_uri"] == url
    assert browser.jar == {}


@pytest.mark.spec("B-AUTH-043")
async def test_who_is_logged_in_can_be_sent_again_for_more_permissions(site, provider, browser):
    async with site() as url:
        for _ in range(2):
            assert (await browser.follow(await begin(browser, url))).code == 200
    assert len(provider.token_forms) == 2


async def test_the_redirect_says_what_is_asked(site, browser, query_of):
    async with site() as url:
        query = query_of(await browser.get(url))
    assert query["client_id"] == CLIENT_ID
    assert query["redirect_uri"] == url
    assert query["response_type"] == "code"
    assert query["scope"] == "profile email"
    assert CLIENT_SECRET not in str(query)


async def test_the_login_cookie_is_for_http_only(site, browser):
    async with site() as url:
        response = await browser.get(url)
    cookie = response.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.spec("S202")
async def test_a_browser_that_began_nothing_is_refused(site, provider, browser):
    async with site() as url:
        back = await begin(browser, url)
        browser.jar.clear()
        response = await browser.follow(back)
    assert response.code == 403
    assert provider.token_forms == []


@pytest.mark.spec("S202")
@pytest.mark.parametrize("state", [None, "", "foreign", "f\u00f6reign"])
async def test_another_state_is_refused(site, provider, browser, query_of, state):
    from urllib.parse import urlencode

    async with site() as url:
        query = query_of(await begin(browser, url))
        answer = {"code": query["code"]} if state is None else {**query, "state": state}
        response = await browser.get(f"{url}?{urlencode(answer)}")
    assert response.code == 403
    assert "state" in json.loads(response.body)["error"]
    assert provider.token_forms == []


@pytest.mark.spec("S202")
async def test_a_state_serves_once(site, provider, browser):
    async with site() as url:
        back = await begin(browser, url)
        assert (await browser.follow(back)).code == 200
        assert (await browser.follow(back)).code == 403
    assert len(provider.token_forms) == 1


async def test_a_failed_return_ends_the_login(site, browser, query_of):
    async with site() as url:
        back = await begin(browser, url)
        query = query_of(back)
        assert (await browser.get(f"{url}?code={query['code']}&state=wrong")).code == 403
        assert (await browser.follow(back)).code == 403


@pytest.mark.spec("S204")
async def test_the_exchange_names_the_address_that_the_login_began_with(site, provider, browser):
    async with site() as url:
        back = await begin(browser, url)
        provider.registered = url + "/elsewhere"
        response = await browser.follow(back)
    assert response.code == 403
    assert "redirect_uri" in json.loads(response.body)["error"]
    assert provider.token_forms == []


@pytest.mark.spec("S203")
async def test_a_stolen_code_is_worth_nothing_to_another_login(site, browser, query_of):
    async with site() as url:
        stolen = query_of(await begin(browser, url))["code"]
        own = query_of(await browser.get(url))
        response = await browser.get(f"{url}?code={stolen}&state={own['state']}")
    assert response.code == 403


@pytest.mark.spec("S203")
@pytest.mark.parametrize("issuer", ["", "&iss=https://evil.example"])
async def test_the_code_of_another_issuer_is_refused(site, provider, browser, issuer):
    async with site(_OAUTH_ISSUER="https://provider.example") as url:
        back = await begin(browser, url)
        response = await browser.get(back.headers["Location"] + issuer)
        assert response.code == 403
        back = await begin(browser, url)
        good = back.headers["Location"] + "&iss=https://provider.example"
        assert (await browser.get(good)).code == 200
    assert len(provider.token_forms) == 1


async def test_a_denied_consent_is_an_auth_error(site, browser, query_of):
    async with site() as url:
        state = query_of(await browser.get(url))["state"]
        response = await browser.get(f"{url}?error=access_denied&state={state}")
    assert response.code == 403


@pytest.mark.spec("B-AUTH-001")
@pytest.mark.parametrize(
    "answer",
    [(400, '{"error": "invalid_grant"}'), (200, "no JSON"), (200, "[]"), (200, "{}"), (302, "")],
)
async def test_a_bad_answer_of_the_provider_is_an_auth_error(site, provider, browser, answer):
    provider.token_answer = answer
    async with site() as url:
        response = await browser.follow(await begin(browser, url))
    assert response.code == 403


@pytest.mark.spec("S208")
async def test_no_secret_reaches_a_log_or_an_error(site, provider, browser, caplog):
    caplog.set_level(logging.DEBUG)
    provider.token_answer = (500, "down")
    async with site() as url:
        back = await begin(browser, url)
        response = await browser.follow(back)
    shown = caplog.text + response.body.decode()
    verifier = provider.token_forms[0]["code_verifier"]
    for secret in (CLIENT_SECRET, verifier):
        assert secret not in shown


class API(OAuth2Mixin):
    """The mixin without a handler: requests to an API need none."""


@pytest.fixture
def api(browser):
    api = API()
    api.get_auth_http_client = lambda: browser.client
    return api


@pytest.mark.spec("B-AUTH-009", "B-AUTH-023")
async def test_a_request_carries_token_and_arguments(api, provider):
    user = await api.oauth2_request(provider.url + "/userinfo", access_token="t", fields="a&b")
    assert user == {"name": "Ada", "query": {"access_token": ["t"], "fields": ["a&b"]}}


@pytest.mark.spec("B-AUTH-023")
async def test_post_args_are_a_form(api, provider):
    answer = await api.oauth2_request(
        provider.url + "/userinfo", access_token="t", post_args={"message": "h\u00e9"}
    )
    assert answer == {"query": {"access_token": ["t"]}, "form": {"message": ["h\u00e9"]}}


@pytest.mark.spec("B-AUTH-024")
async def test_http_errors_of_the_api_propagate(api, provider):
    from etesian.auth.interface import AuthError

    with pytest.raises(HTTPClientError) as caught:
        await api.oauth2_request(provider.url + "/broken?status=503")
    assert caught.value.code == 503
    with pytest.raises(AuthError):
        await api.oauth2_request(provider.url + "/broken")
