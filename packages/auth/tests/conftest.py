"""A site, a provider and a browser, each behind a real socket."""

from __future__ import annotations

import asyncio
import json
import socket
from base64 import urlsafe_b64encode
from contextlib import asynccontextmanager
from hashlib import sha256
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import pytest

from etesian.auth.interface import AuthError
from etesian.http_wire.interface import AsyncHTTPClient, create_server
from etesian.web.interface import Application, RequestHandler

CLIENT_ID = "the-client"
CLIENT_SECRET = "the-client-secret"


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request):
    return request.param


@pytest.fixture
def serve():
    """Give an async context manager that serves routes and gives their base URL."""

    @asynccontextmanager
    async def serving(routes, **settings):
        listener = socket.create_server(("127.0.0.1", 0))
        server = create_server(Application(routes, **settings))
        server.add_socket(listener)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.stop()
            await server.close_all_connections()
            await asyncio.sleep(0)

    return serving


class Provider:
    """The other side of OAuth 2, strict about everything that it is told."""

    def __init__(self):
        self.codes = {}
        self.token_forms = []
        self.registered = None
        self.token_answer = None
        self.url = None

    def routes(self):
        provider = self

        class Authorize(RequestHandler):
            def get(self):
                assert self.get_argument("client_id") == CLIENT_ID
                assert self.get_argument("redirect_uri") == provider.registered
                code = f"code-{len(provider.codes)}"
                provider.codes[code] = self.get_argument("code_challenge")
                assert self.get_argument("code_challenge_method") == "S256"
                self.redirect(
                    f"{provider.registered}?code={code}&state={self.get_argument('state')}"
                )

        class Token(RequestHandler):
            def post(self):
                form = {name: values[0].decode() for name, values in self.request.arguments.items()}
                provider.token_forms.append(form)
                if provider.token_answer is not None:
                    self.set_status(provider.token_answer[0])
                    self.write(provider.token_answer[1])
                    return
                challenge = provider.codes.pop(form["code"], None)
                digest = sha256(form["code_verifier"].encode()).digest()
                shown = urlsafe_b64encode(digest).rstrip(b"=").decode()
                if challenge != shown or form["redirect_uri"] != provider.registered:
                    self.set_status(400)
                    self.write({"error": "invalid_grant"})
                    return
                self.write({"access_token": "the-token", "expires_in": 3600})

        class UserInfo(RequestHandler):
            def get(self):
                self.write({"name": "Ada", "query": _plain(self.request.query_arguments)})

            def post(self):
                self.write(
                    {
                        "query": _plain(self.request.query_arguments),
                        "form": _plain(self.request.body_arguments),
                    }
                )

        class Broken(RequestHandler):
            def get(self):
                self.set_status(int(self.get_argument("status", "200")))
                self.write("not JSON")

        return [
            ("/authorize", Authorize),
            ("/token", Token),
            ("/userinfo", UserInfo),
            ("/me", UserInfo),
            ("/broken", Broken),
        ]


def _plain(arguments):
    return {name: [value.decode() for value in values] for name, values in arguments.items()}


@pytest.fixture
async def provider(serve, anyio_backend):
    provider = Provider()
    async with serve(provider.routes()) as url:
        provider.url = url
        yield provider


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self):
        self.client = AsyncHTTPClient(force_instance=True)
        self.jar = {}

    async def get(self, url):
        headers = {}
        if self.jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        response = await self.client.fetch(
            url, headers=headers, follow_redirects=False, raise_error=False
        )
        for line in response.headers.get_list("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel.value:
                    self.jar[name] = morsel.value
                else:
                    self.jar.pop(name, None)
        return response

    async def follow(self, response):
        return await self.get(response.headers["Location"])


@pytest.fixture
async def browser(anyio_backend):
    browser = Browser()
    yield browser
    browser.client.close()
    await asyncio.sleep(0)


@pytest.fixture
def query_of():
    """Give a function: the parameters of a response's Location, or of a URL."""

    def query(response_or_url):
        url = getattr(response_or_url, "headers", {}).get("Location", response_or_url)
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

    return query


@pytest.fixture
def login_handler():
    """Give a function: a handler class that answers with what ``login(handler)`` gives."""

    def make(*bases, login, **attributes):
        class Login(RequestHandler, *bases):
            async def get(self):
                try:
                    outcome = await login(self)
                except AuthError as error:
                    self.set_status(403)
                    self.write({"error": str(error)})
                else:
                    if outcome is not None:
                        self.write(json.dumps(outcome))

        for name, value in attributes.items():
            setattr(Login, name, value)
        return Login

    return make
