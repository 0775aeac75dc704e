"""The Set-Cookie header, and the jar that it goes to."""

from __future__ import annotations

from etesian.http_wire.client.cookie_jar import CookieJar

SETTERS = ("https://b.a.test/x/y", "http://b.a.test/x", "http://127.0.0.1/")
ASKED = (*SETTERS, "https://a.test/", "http://c.test/x", "http://test/")


def check(data: bytes) -> None:
    """Assert that nothing raises, that nothing leaves its site, and that a full jar stays so."""
    jar = CookieJar(
        is_public_suffix=lambda domain: domain in ("test", "1"),
        max_cookies=6,
        max_cookies_of_site=4,
        clock=lambda: 1_700_000_000.0,
    )
    for number, line in enumerate(data.decode("latin-1").split("\n")):
        jar.set_cookie(SETTERS[number % 3], line)
        assert len(jar) <= 6
    for cookie in jar:
        assert cookie.domain in ("b.a.test", "a.test", "127.0.0.1")
        assert cookie.host_only or cookie.domain.endswith("a.test")
        jar.add(cookie)
    for url in ASKED:
        field = jar.header_for(url) or ""
        assert not {*field} & {"\r", "\n", "\0"}
        assert not field or "a.test" in url or "127" in url
