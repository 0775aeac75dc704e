import re
import ssl

import pytest
import trustme

from etesian.web import MemorySessionStore, RequestHandler, Sessions


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Seat(RequestHandler):
    sessions: Sessions

    async def get(self):
        session = await self.sessions.open(self)
        self.write({"values": dict(session), "new": session.is_new})

    async def post(self):
        session = await self.sessions.open(self)
        session["basket"] = self.get_argument("basket")
        await session.save()

    async def put(self):
        """Log in."""
        session = await self.sessions.open(self)
        session["user"] = "alice"
        await session.rotate()

    async def delete(self):
        session = await self.sessions.open(self)
        await session.end()


class Browser:
    """Keeps one cookie."""

    def __init__(self, site, cookie=None):
        self.site = site
        self.cookie = cookie

    async def fetch(self, method="GET", target="/", **options):
        headers = {"Cookie": f"session={self.cookie}"} if self.cookie else {}
        answer = await self.site.fetch(target, method, headers=headers, **options)
        self.cookie = answer.cookies().get("session", self.cookie) or None
        return answer

    async def values(self):
        return (await self.fetch()).json()["values"]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return MemorySessionStore(max_sessions=3, clock=clock)


@pytest.fixture
async def site(serve, store):
    class Here(Seat):
        sessions = Sessions(store, lifetime=60)

    return serve(Here)


async def test_values_come_back_with_the_cookie(site):
    browser = Browser(site)
    first = await browser.fetch()
    assert first.json() == {"values": {}, "new": True}
    assert "Set-Cookie" not in first.headers
    answer = await browser.fetch("POST", body="basket=bread")
    assert re.fullmatch(
        r"session=[A-Za-z0-9_-]{43}; HttpOnly; Max-Age=60; Path=/; SameSite=Lax",
        "; ".join([(parts := answer.headers["Set-Cookie"].split("; "))[0], *sorted(parts[1:])]),
    )
    assert answer.headers["Cache-Control"] == "private"
    assert await browser.values() == {"basket": "bread"}
    assert await Browser(site).values() == {}


@pytest.mark.spec("S166")
@pytest.mark.parametrize("given", ["A" * 43, "a" * 10, "x" * 5000, "../../etc", '"', "%00"])
async def test_an_identifier_that_we_did_not_make_is_not_taken_over(site, given, store):
    victim = Browser(site, given)
    await victim.fetch("POST", body="basket=bread")
    assert victim.cookie != given
    assert len(store._kept) == 1
    assert await Browser(site, given).values() == {}


@pytest.mark.spec("S166")
async def test_a_login_gives_a_new_identifier_and_the_old_one_is_worth_nothing(site):
    attacker = Browser(site)
    await attacker.fetch("POST", body="basket=bread")
    victim = Browser(site, attacker.cookie)  # planted
    await victim.fetch("PUT")
    assert victim.cookie != attacker.cookie
    assert await victim.values() == {"basket": "bread", "user": "alice"}
    assert await attacker.values() == {}


async def test_the_end_is_the_end_here_and_in_the_browser(site, store):
    browser = Browser(site)
    await browser.fetch("PUT")
    stolen = browser.cookie
    answer = await browser.fetch("DELETE")
    assert "Max-Age=0" in answer.headers["Set-Cookie"] or "1970" in answer.headers["Set-Cookie"]
    assert store._kept == {}
    assert await Browser(site, stolen).values() == {}


async def test_a_session_ends_by_itself(site, clock, store):
    browser = Browser(site)
    await browser.fetch("PUT")
    clock.now += 59
    assert await browser.values() == {"user": "alice"}
    await browser.fetch("POST", body="basket=bread")
    clock.now += 59
    assert await browser.values() == {"user": "alice", "basket": "bread"}
    clock.now += 1
    assert await browser.values() == {}
    assert store._kept == {}


async def test_there_are_only_so_many(site, store):
    browsers = [Browser(site) for _ in range(5)]
    for browser in browsers:
        await browser.fetch("PUT")
    assert [bool(await browser.values()) for browser in browsers] == [
        False,
        False,
        True,
        True,
        True,
    ]


async def test_the_store_knows_no_identifier(site, store):
    browser = Browser(site)
    await browser.fetch("PUT")
    assert browser.cookie not in repr(vars(store))


async def test_values_behave_as_a_mapping(store):
    from etesian.web import Session

    session = Session(Sessions(store), None, None, {})
    session["a"] = 1
    assert (session["a"], len(session), [*session]) == (1, 1, ["a"])
    del session["a"]
    assert not session


async def test_over_https_only_this_host_can_set_it(serve, store):
    class Secure(Seat):
        sessions = Sessions(store)

    class Always(Seat):
        sessions = Sessions(store, secure=True)

    answer = await serve(Always).fetch("/", "PUT")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    site = serve(Secure, {"ssl_options": context})
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    import asyncio

    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, ssl=trusting)
    writer.write(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
    assert b"\r\nSet-Cookie: __Host-session=" in await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()


@pytest.mark.spec("S166")
async def test_a_slow_request_does_not_undo_a_logout(serve, store):
    class Slow(Seat):
        sessions = Sessions(store)

        async def patch(self):
            session = await self.sessions.open(self)
            await (await self.sessions.open(self)).end()  # another request, meanwhile
            session["basket"] = "late"
            await session.save()

    browser = Browser(serve(Slow))
    await browser.fetch("PUT")
    before = browser.cookie
    await browser.fetch("PATCH")
    assert await Browser(browser.site, before).values() == {}


async def test_what_is_in_a_value_is_not_kept_before_it_is_saved(store):
    await store.save("key", {"basket": ["tea"]}, 60)
    (await store.load("key"))["basket"].append("milk")
    assert await store.load("key") == {"basket": ["tea"]}
