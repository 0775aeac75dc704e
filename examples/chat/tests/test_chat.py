"""The chat over plain HTTP, by a client that knows nothing of the server."""

import http.cookiejar
import json
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest


class Browser:
    """A visitor with cookies of its own."""

    def __init__(self, address, language="en"):
        self.address = address
        self.jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar)
        )
        self._opener.addheaders = [("Accept-Language", language)]

    def get(self, path):
        with self._opener.open(self.address + path, timeout=10) as response:
            return response.read().decode()

    def post(self, path, **fields):
        data = urllib.parse.urlencode(fields).encode()
        with self._opener.open(self.address + path, data, timeout=10) as response:
            return response.read().decode()

    def token(self, page="/login"):
        return re.search(r'name="_xsrf" value="([^"]+)"', self.get(page)).group(1)

    def log_in(self, nickname):
        return self.post("/login", nickname=nickname, next="/rooms/lobby", _xsrf=self.token())


@pytest.fixture
def address(serve):
    with serve() as address:
        yield address


def test_a_visitor_without_a_nickname_is_asked_for_one(address):
    page = Browser(address).get("/rooms/lobby")
    assert "What is your name?" in page
    assert 'name="next" value="/rooms/lobby"' in page


def test_who_logged_in_is_taken_to_the_room_that_was_asked_for(address):
    page = Browser(address).log_in("Ada")
    assert "<h1>lobby</h1>" in page
    assert "Ada" in page


@pytest.mark.parametrize("nickname", ["", "x" * 21])
def test_a_nickname_of_the_wrong_length_is_refused_with_the_reason(address, nickname):
    with pytest.raises(urllib.error.HTTPError) as refused:
        Browser(address).log_in(nickname)
    assert refused.value.code == 422
    assert "A nickname has 1 to 20 characters." in refused.value.read().decode()
    refused.value.close()


def test_a_form_without_the_token_is_refused(address):
    with pytest.raises(urllib.error.HTTPError) as refused:
        Browser(address).post("/login", nickname="Ada")
    assert refused.value.code == 403
    refused.value.close()


@pytest.mark.parametrize("target", ["//evil.example/", "/\\evil.example/", "https://evil.example/"])
def test_login_leads_to_no_other_server(address, target):
    browser = Browser(address)
    page = browser.post("/login", nickname="Ada", next=target, _xsrf=browser.token())
    assert "2 rooms" in page


def test_a_forged_nickname_cookie_is_not_believed(address):
    browser = Browser(address)
    browser.log_in("Ada")
    cookie = next(cookie for cookie in browser.jar if cookie.name == "nickname")
    cookie.value = cookie.value[:-3] + "000"
    assert "What is your name?" in browser.get("/rooms/lobby")


def test_a_poll_is_answered_when_somebody_says_something(address):
    ada, bob = Browser(address), Browser(address)
    ada.log_in("Ada")
    bob.log_in("Bob")
    heard = []
    poll = threading.Thread(
        target=lambda: heard.append(json.loads(ada.get("/rooms/lobby/messages?after=0")))
    )
    poll.start()
    bob.post("/rooms/lobby/messages", text="<b>hello</b>", _xsrf=bob.token("/rooms/lobby"))
    poll.join(10)
    (message,) = heard[0]["messages"]
    assert message["id"] == 1
    assert "Bob" in message["html"]
    assert "&lt;b&gt;hello&lt;/b&gt;" in message["html"]
    assert "&lt;b&gt;hello&lt;/b&gt;" in ada.get("/rooms/lobby")


def test_the_page_speaks_the_language_of_the_browser(address):
    assert "Wie heißt du?" in Browser(address, "fr;q=0.3, de-AT, en;q=0.8").get("/login")


def test_the_chosen_language_wins_over_that_of_the_browser(address):
    browser = Browser(address, "en")
    page = browser.post("/language", code="de", next="/login", _xsrf=browser.token())
    assert "Wie heißt du?" in page


def test_a_room_without_messages_names_the_style_sheet_of_its_module_with_a_version(address):
    browser = Browser(address)
    browser.log_in("Ada")
    page = browser.get("/rooms/lobby")
    path = re.search(r'href="(/static/message\.css\?v=[^"]+)"', page).group(1)
    assert ".message" in browser.get(path)


def test_a_port_that_is_taken_is_a_clear_error(address):
    port = address.rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, Path(__file__).parents[1] / "server.py", "--port", port],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert second.returncode == 1
    assert f"Cannot serve on port {port}" in second.stderr
    assert "Traceback" not in second.stderr
