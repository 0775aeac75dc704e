"""What a jar keeps, and whom it gives it to."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("publicsuffixlist", reason="the extra cookies is not installed")

from etesian.http_wire.client import cookie_rules
from etesian.http_wire.client.cookie import Cookie
from etesian.http_wire.client.cookie_jar import CookieJar

NOW = 1_700_000_000.0


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def jar(clock):
    return CookieJar(clock=clock)


@pytest.mark.parametrize(
    ("set_by", "text", "asked", "sent"),
    [
        ("http://a.test/", "n=v", "http://a.test/x", "n=v"),
        ("http://a.test/", "n=v", "http://b.a.test/", None),
        ("http://a.test/", "n=v; Domain=a.test", "http://b.a.test/", "n=v"),
        ("http://a.test/", "n=v; Domain=.A.TEST", "http://b.a.test/", "n=v"),
        ("http://b.a.test/", "n=v; Domain=a.test", "http://a.test/", "n=v"),
        ("http://b.a.test/", "n=v; Domain=a.test; Domain=", "http://a.test/", None),
        ("http://a.test/", "n=v; Domain=a.test", "http://ba.test/", None),
        ("http://a.test:8080/", "n=v", "https://a.test/", "n=v"),
        ("http://a.test/", "n=v; Path=/x", "http://a.test/x", "n=v"),
        ("http://a.test/", "n=v; Path=/x", "http://a.test/x/y?z", "n=v"),
        ("http://a.test/", "n=v; Path=/x", "http://a.test/xy", None),
        ("http://a.test/", "n=v; Path=/x", "http://a.test/?/x", None),
        ("http://a.test/x/y?/z/", "n=v", "http://a.test/x/z", "n=v"),
        ("http://a.test/x/y", "n=v", "http://a.test/", None),
        ("http://a.test/x/y", "n=v; Path=relative", "http://a.test/x/", "n=v"),
        ("https://a.test/", "n=v; Secure", "https://a.test/", "n=v"),
        ("https://a.test/", "n=v; secure=no", "http://a.test/", None),
        ("http://a.test/", "n=v; HttpOnly; SameSite=Strict; Other", "http://a.test/", "n=v"),
        ("http://a.test/", "alone", "http://a.test/", "alone"),
        ("http://a.test/", "  n \t=  v w ;x", "http://a.test/", "n=v w"),
        ("http://a.test/", 'n="v"', "http://a.test/", 'n="v"'),
        ("http://a.test/", "n=a=b", "http://a.test/", "n=a=b"),
        ("http://127.0.0.1/", "n=v; Domain=127.0.0.1", "http://127.0.0.1/", "n=v"),
        ("http://[::1]/", "n=v", "http://[::1]:9/", "n=v"),
        ("http://localhost/", "n=v; Domain=localhost", "http://localhost/", "n=v"),
    ],
)
def test_where_cookies_go(jar, set_by, text, asked, sent):
    assert jar.set_cookie(set_by, text)
    assert jar.header_for(asked) == sent


@pytest.mark.spec("S248")
@pytest.mark.parametrize(
    ("set_by", "text"),
    [
        ("http://a.co.uk/", "n=v; Domain=co.uk"),
        ("http://a.co.uk/", "n=v; Domain=.uk"),
        ("http://a.co.uk./", "n=v; Domain=co.uk."),
        ("http://a.github.io/", "n=v; Domain=github.io"),
        ("http://a.unheard/", "n=v; Domain=unheard"),
        ("http://a.xn--85x722f.com.cn/", "n=v; Domain=com.cn"),
        ("http://a.test/", "n=v; Domain=b.test"),
        ("http://a.test/", "n=v; Domain=b.a.test"),
        ("http://127.0.0.1/", "n=v; Domain=0.0.1"),
        ("http://127.0.0.1/", "n=v; Domain=1"),
        ("http://a.test/", "n=v; Domain=\xe4.test"),
        ("http://a.test/", "n=v; Secure"),
        ("http://a.test/", "__Secure-n=v; Secure"),
        ("https://a.test/", "__Secure-n=v"),
        ("https://a.test/", "__secure-n=v"),
        ("https://a.test/", "__Host-n=v; Path=/"),
        ("https://a.test/", "__Host-n=v; Secure"),
        ("https://a.test/", "__Host-n=v; Secure; Path=/x"),
        ("https://a.test/", "__HOST-n=v; Secure; Path=/; Domain=a.test"),
        ("https://localhost/", "__Host-n=v; Secure; Path=/; Domain=localhost"),
        ("https://a.test/", "=__Host-n=v; Secure; Path=/"),
        ("https://a.test/", "__Host-n; Secure; Path=/"),
        ("http://a.test/", "=n=v"),
        ("http://a.test/", "n=v\x01"),
        ("http://a.test/", "n=\x7f"),
        ("http://a.test/", ""),
        ("http://a.test/", "=; Path=/"),
        ("http://a.test/", "n=" + "v" * 4096),
    ],
)
def test_what_is_not_kept(jar, set_by, text):
    assert not jar.set_cookie(set_by, text)
    assert list(jar) == []


@pytest.mark.spec("S248")
def test_a_public_suffix_has_cookies_of_its_own_only(jar):
    assert jar.set_cookie("http://co.uk/", "n=v; Domain=co.uk")
    assert jar.header_for("http://co.uk/") == "n=v"
    assert jar.header_for("http://a.co.uk/") is None


@pytest.mark.parametrize("prefix", ["__Secure-", "__Host-"])
def test_promises_that_are_kept_are_kept(jar, prefix):
    assert jar.set_cookie("https://a.test/x/y", f"{prefix}n=v; Secure; Path=/")
    assert jar.header_for("https://a.test/") == f"{prefix}n=v"
    assert jar.header_for("http://a.test/") is None


@pytest.mark.spec("S248")
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("n=evil; Path=/login", False),
        ("n=evil; Path=/login/en", False),
        ("n=evil; Path=/log", True),
        ("n=evil; Path=/; Domain=a.test", True),
        ("n=evil; Path=/login; Domain=a.test", False),
        ("other=evil; Path=/login", True),
    ],
)
def test_what_came_insecurely_covers_no_secure_cookie(jar, text, kept):
    jar.set_cookie("https://b.a.test/", "n=v; Secure; Path=/login")
    assert jar.set_cookie("http://b.a.test/", text) is kept
    assert "n=v" in jar.header_for("https://b.a.test/login/en")
    assert kept or "evil" not in jar.header_for("https://b.a.test/login/en")


def test_longer_paths_and_older_cookies_come_first(jar):
    for text in ("a=1; Path=/", "b=2; Path=/x/y", "c=3; Path=/x/y", "d=4; Path=/x"):
        jar.set_cookie("http://a.test/x/y", text)
    jar.set_cookie("http://a.test/", "b=5; Path=/x/y")
    assert jar.header_for("http://a.test/x/y") == "b=5; c=3; d=4; a=1"


def test_the_end_of_a_cookie(jar, clock):
    for text in (
        "short=1; Max-Age=10",
        "long=1; Max-Age=99999999999999999999999",
        "both=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=10",
        "neither=1; Max-Age=1.5; Expires=never",
        "date=1; Expires=Tue, 14 Nov 2023 22:13:40 GMT",  # twenty seconds later
    ):
        assert jar.set_cookie("http://a.test/", text)
    clock.now += 9
    assert jar.header_for("http://a.test/") == "short=1; long=1; both=1; neither=1; date=1"
    clock.now += 1
    assert jar.header_for("http://a.test/") == "long=1; neither=1; date=1"
    clock.now += 10
    assert len(jar) == 2
    clock.now = NOW + 400 * 86400
    assert jar.header_for("http://a.test/") == "neither=1"


@pytest.mark.parametrize(
    "ending", ["Max-Age=0", "Max-Age=-5", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_a_cookie_is_removed_by_its_end(jar, ending):
    jar.set_cookie("http://a.test/", "n=v")
    jar.set_cookie("http://a.test/", "n=v; Domain=a.test")
    assert not jar.set_cookie("http://a.test/", f"n=; {ending}")
    assert [cookie.host_only for cookie in jar] == [False]


def test_too_many_cookies_of_a_site_push_out_its_own(clock):
    jar = CookieJar(clock=clock, max_cookies_of_site=4)
    jar.set_cookie("http://other.test/", "kept=1")
    jar.set_cookie("https://a.test/", "secure=1; Secure")
    jar.set_cookie("http://a.test/", "used=1")
    jar.set_cookie("http://b.a.test/", "unused=1")
    jar.set_cookie("http://a.test/", "soon=1; Max-Age=5")
    jar.header_for("http://a.test/")
    jar.set_cookie("http://c.a.test/", "another=1")
    assert {cookie.name for cookie in jar} == {"kept", "secure", "used", "soon", "another"}
    clock.now += 5
    jar.set_cookie("http://c.a.test/", "more=1")
    jar.set_cookie("http://c.a.test/", "most=1")
    assert {cookie.name for cookie in jar} == {"kept", "secure", "another", "more", "most"}


def test_too_many_cookies_push_out_the_least_used(clock):
    jar = CookieJar(clock=clock, max_cookies=3)
    for site in "abc":
        jar.set_cookie(f"http://{site}.test/", "n=v")
    jar.header_for("http://a.test/")
    jar.set_cookie("http://d.test/", "n=v")
    assert {cookie.domain for cookie in jar} == {"a.test", "c.test", "d.test"}


def test_a_field_has_a_size_that_servers_take(jar):
    for number in range(10):
        jar.set_cookie("http://a.test/", f"n{number}=" + "v" * 1000)
    field = jar.header_for("http://a.test/")
    assert len(field) <= 8190
    assert field.count("; ") == 7


def test_removing(jar):
    for url in ("http://a.test/", "http://b.a.test/", "http://c.test/"):
        jar.set_cookie(url, "n=v")
    jar.clear("A.test")
    assert [cookie.domain for cookie in jar] == ["c.test"]
    jar.clear()
    assert len(jar) == 0


def test_cookies_of_the_program_are_held_to_the_same_rules(jar):
    jar.add(Cookie(name="n", value="v", domain="a.test", host_only=False))
    assert jar.header_for("http://b.a.test/") == "n=v"
    for wrong in (
        Cookie(name="n", value="v", domain="co.uk", host_only=False),
        Cookie(name="n", value="v", domain="127.0.0.1", host_only=False),
        Cookie(name="n", value="v", domain="A.test", host_only=True),
        Cookie(name="n", value="v", domain="a test", host_only=True),
        Cookie(name="n", value="v\r\nX: y", domain="a.test", host_only=True),
        Cookie(name="n", value="v; w=x", domain="a.test", host_only=True),
        Cookie(name="n", value="\u2603", domain="a.test", host_only=True),
        Cookie(name="n", value=" v", domain="a.test", host_only=True),
        Cookie(name="a=b", value="v", domain="a.test", host_only=True),
        Cookie(name="n", value="v", domain="a.test", host_only=True, path="x"),
        Cookie(name="__Host-n", value="v", domain="a.test", host_only=True),
        Cookie(name="__Host-n", value="v", domain="a.test", host_only=False, secure=True),
    ):
        with pytest.raises(ValueError, match="cookie"):
            jar.add(wrong)
    assert len(jar) == 1


def test_values_are_not_shown(jar):
    jar.set_cookie("http://a.test/", "n=secret")
    assert "secret" not in repr(jar) + repr(list(jar))


def test_the_missing_extra_is_named(monkeypatch):
    cookie_rules.public_suffix_list.cache_clear()
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    with pytest.raises(ModuleNotFoundError, match=r"etesian-http-wire\[cookies\]"):
        CookieJar()
    jar = CookieJar(is_public_suffix=lambda domain: "." not in domain)
    assert not jar.set_cookie("http://a.test/", "n=v; Domain=test")


ATTRIBUTES = st.sampled_from(
    [
        "Domain=a.test",
        "Domain=b.a.test",
        "Domain=test",
        "Path=/",
        "Path=/x",
        "Secure",
        "Max-Age=0",
        "Max-Age=5",
        "HttpOnly",
        "Expires=x",
        "",
    ]
)
URLS = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["a.test", "b.a.test", "other.test", "127.0.0.1"]),
    st.sampled_from(["/", "/x", "/x/y"]),
)


@given(
    st.lists(st.tuples(URLS, st.text("an_=;v \x00", max_size=6), st.lists(ATTRIBUTES, max_size=3))),
    URLS,
)
def test_only_what_is_for_a_url_goes_there(said, url):
    jar = CookieJar(clock=Clock(), max_cookies=5, max_cookies_of_site=3)
    for set_by, pair, attributes in said:
        jar.set_cookie(set_by, "; ".join([pair, *attributes]))
    assert len(jar) <= 5
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0]
    sent = jar.header_for(url) or ""
    allowed = [
        str(cookie)
        for cookie in jar
        if (host == cookie.domain or (not cookie.host_only and host.endswith("." + cookie.domain)))
        and (scheme == "https" or not cookie.secure)
    ]
    assert all(one in allowed for one in sent.split("; ") if sent)
