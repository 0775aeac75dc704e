"""OpenID against a provider that is asked about every answer."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest

from etesian.auth.openid import OpenIdMixin
from etesian.web.interface import RequestHandler

AX = "http://openid.net/srv/ax/1.0"


@pytest.fixture
async def endpoint(serve, anyio_backend):
    """Serve an endpoint; give its URL, the forms it was posted, and what it answers."""
    forms = []
    answers = {"status": 200, "body": "ns:http://specs.openid.net/auth/2.0\nis_valid:true\n"}

    class Endpoint(RequestHandler):
        def post(self):
            forms.append({name: self.get_argument(name) for name in self.request.arguments})
            self.set_status(answers["status"])
            self.write(answers["body"])

    async with serve([("/openid", Endpoint)]) as url:
        yield url + "/openid", forms, answers


@pytest.fixture
def site(serve, endpoint, login_handler):
    @asynccontextmanager
    async def serving(**redirect_options):
        async def login(handler):
            if handler.get_argument("openid.mode", None) is not None:
                return await handler.get_authenticated_user()
            handler.authenticate_redirect(**redirect_options)
            return None

        handler = login_handler(OpenIdMixin, login=login, _OPENID_ENDPOINT=endpoint[0])
        async with serve([("/login", handler)]) as url:
            yield url + "/login"

    return serving


def assertion(url, endpoint, unsigned=(), **changes):
    """Give a positive answer as the provider would sign it."""
    fields = {
        "op_endpoint": endpoint[0],
        "return_to": url,
        "response_nonce": "2026-01-01T00:00:00Zx",
        "claimed_id": "https://ada.example/",
        "identity": "https://ada.example/",
        "assoc_handle": "h",
        "ns.ext1": AX,
        "ext1.mode": "fetch_response",
        "ext1.type.e": "http://axschema.org/contact/email",
        "ext1.value.e": "ada@example.org",
        "ext1.type.f": "http://axschema.org/namePerson/first",
        "ext1.value.f": "Ada",
        "ext1.type.l": "http://axschema.org/namePerson/last",
        "ext1.value.l": "Lovelace",
        "ext1.type.la": "http://axschema.org/pref/language",
        "ext1.value.la": "en",
        "ext1.type.u": "http://axschema.org/namePerson/friendly",
        "ext1.value.u": "ada",
        **{name.replace("__", "."): value for name, value in changes.items()},
    }
    signed = ",".join(name for name in fields if name not in unsigned)
    answer = {f"openid.{name}": value for name, value in fields.items()}
    answer |= {"openid.mode": "id_res", "openid.signed": signed, "openid.sig": "s"}
    separator = "&" if "?" in url else "?"
    return f"{url}{separator}{urlencode(answer)}"


@pytest.mark.spec("B-AUTH-003", "B-AUTH-005", "B-AUTH-041")
async def test_the_redirect_asks_for_everything(site, endpoint, browser, query_of):
    async with site() as url:
        response = await browser.get(url + "?next=/home")
    assert response.code == 302
    assert response.headers["Location"].startswith(endpoint[0] + "?")
    query = query_of(response)
    assert query["openid.mode"] == "checkid_setup"
    assert query["openid.return_to"] == url + "?next=/home"
    assert query["openid.realm"] == url.removesuffix("login")
    assert query["openid.ax.required"] == "email,fullname,firstname,lastname,language,username"


@pytest.mark.spec("B-AUTH-005")
async def test_the_realm_is_that_of_the_callback(site, browser, query_of):
    async with site(callback_uri="https://other.example/a/b?c") as url:
        query = query_of(await browser.get(url))
    assert query["openid.realm"] == "https://other.example/"
    assert query["openid.return_to"] == "https://other.example/a/b?c"


@pytest.mark.spec("B-AUTH-004")
async def test_attributes_can_be_limited(site, browser, query_of):
    async with site(ax_attrs=["email"]) as url:
        query = query_of(await browser.get(url))
        assert query["openid.ax.required"] == "email"
        assert "openid.ax.type.firstname" not in query
    async with site(ax_attrs=[]) as url:
        assert not any(name.startswith("openid.ax") for name in query_of(await browser.get(url)))


@pytest.mark.spec("B-AUTH-006", "B-AUTH-007", "B-AUTH-008")
async def test_a_confirmed_answer_gives_the_user(site, endpoint, browser):
    async with site() as url:
        response = await browser.get(assertion(url + "?next=/", endpoint))
    assert json.loads(response.body) == {
        "name": "Ada Lovelace",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.org",
        "locale": "en",
        "username": "ada",
        "claimed_id": "https://ada.example/",
    }
    (form,) = endpoint[1]
    assert form["openid.mode"] == "check_authentication"
    assert form["openid.sig"] == "s"


@pytest.mark.spec("S205", "B-AUTH-006")
@pytest.mark.parametrize(
    "body",
    [
        "is_valid:false\n",
        "",
        "xis_valid:true\n",
        "is_valid:truex\n",
        " is_valid:true\n",
        "is_valid: true\n",
        "is_valid:true \n",
        "error:is_valid:true\n",
        "is_valid:false\nerror:x is_valid:true\n",
        "is_valid:false\nis_valid:true\n",
        "is_valid:true\r\n",
        "IS_VALID:TRUE\n",
    ],
)
async def test_anything_but_the_exact_line_is_no_confirmation(site, endpoint, browser, body):
    endpoint[2]["body"] = body
    async with site() as url:
        assert (await browser.get(assertion(url, endpoint))).code == 403


async def test_a_failing_provider_confirms_nothing(site, endpoint, browser):
    endpoint[2]["status"] = 500
    async with site() as url:
        assert (await browser.get(assertion(url, endpoint))).code == 403


@pytest.mark.parametrize(
    ("changes", "unsigned"),
    [
        ({"op_endpoint": "https://evil.example/"}, ()),
        ({"return_to": "https://evil.example/login"}, ()),
        ({}, ("return_to",)),
        ({}, ("op_endpoint",)),
        ({}, ("response_nonce",)),
        ({}, ("claimed_id",)),
    ],
)
async def test_an_answer_for_or_from_elsewhere_is_refused(
    site, endpoint, browser, changes, unsigned
):
    async with site() as url:
        response = await browser.get(assertion(url, endpoint, unsigned, **changes))
    assert response.code == 403
    assert endpoint[1] == []


async def test_the_query_of_the_return_address_must_come_back(site, endpoint, browser):
    async with site() as url:
        answer = assertion(url + "?user=me", endpoint).replace("?user=me&", "?")
        assert (await browser.get(answer)).code == 403


async def test_a_cancelled_login_and_repeated_arguments_are_refused(site, endpoint, browser):
    async with site() as url:
        assert (await browser.get(url + "?openid.mode=cancel")).code == 403
        again = assertion(url, endpoint) + "&openid.claimed_id=https://evil.example/"
        assert (await browser.get(again)).code == 403


@pytest.mark.parametrize("name", ["ext1.value.e", "ext1.type.e", "ns.ext1"])
async def test_what_is_not_signed_is_not_believed(site, endpoint, browser, name):
    async with site() as url:
        user = json.loads((await browser.get(assertion(url, endpoint, (name,)))).body)
    assert "email" not in user
    assert user["claimed_id"] == "https://ada.example/"
