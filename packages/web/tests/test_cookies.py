import datetime as dt

import pytest

from etesian.web import RequestHandler
from etesian.web.set_cookie import format_set_cookie

SECRET = "a secret of thirty-two characters"


def _handler(function):
    return type("Handler", (RequestHandler,), {"get": function})


async def _set_cookies(serve, function, **settings):
    answer = await serve(_handler(function), **settings).fetch("/")
    assert answer.status == 200
    return answer


@pytest.mark.spec("B-WEB-110")
@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "semi;colon",
        'quo"te',
        "b\\ack",
        "spa ce, comma",
        "\u00e9 \u4e2d \U0001f600",
        "=",
        "",
    ],
)
async def test_what_is_set_is_what_comes_back(serve, value):
    answer = await _set_cookies(serve, lambda h: h.set_cookie("name", value))
    echo = _handler(lambda h: h.write({"value": h.get_cookie("name")}))
    header = "name=" + answer.cookies()["name"]
    assert (await serve(echo).fetch("/", headers={"Cookie": header})).json() == {"value": value}


@pytest.mark.spec("B-WEB-111")
async def test_of_two_cookies_with_one_name_the_last_is_sent(serve):
    def get(handler):
        handler.set_cookie("a", "1")
        handler.set_cookie("b", "2")
        handler.set_cookie("a", "3")

    answer = await _set_cookies(serve, get)
    assert answer.headers.get_all("Set-Cookie") == ["a=3; Path=/", "b=2; Path=/"]


@pytest.mark.spec("B-WEB-112", "B-WEB-114", "B-WEB-076")
@pytest.mark.parametrize(
    ("options", "attributes"),
    [
        ({}, "Path=/"),
        ({"path": ""}, ""),
        ({"domain": "example.com"}, "Domain=example.com; Path=/"),
        (
            {"attributes": {"max_age": 5, "httponly": True, "secure": True}},
            "Path=/; Max-Age=5; HttpOnly; Secure",
        ),
        ({"attributes": {"httponly": False, "secure": None, "max_age": 0}}, "Path=/; Max-Age=0"),
        (
            {"attributes": {"SameSite": "Lax", "partitioned": True}},
            "Path=/; SameSite=Lax; Partitioned",
        ),
        ({"expires": 0}, "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
        ({"expires": (2030, 1, 2, 3, 4, 5)}, "Expires=Wed, 02 Jan 2030 03:04:05 GMT; Path=/"),
        (
            {"expires": dt.datetime(2030, 1, 2, tzinfo=dt.UTC)},
            "Expires=Wed, 02 Jan 2030 00:00:00 GMT; Path=/",
        ),
    ],
)
def test_attributes_are_written_as_browsers_know_them(options, attributes):
    assert format_set_cookie("a", "b", **options) == "; ".join(filter(None, ["a=b", attributes]))


@pytest.mark.spec("B-WEB-114")
def test_expires_days_counts_from_now():
    header = format_set_cookie("a", "b", expires_days=2)
    stamp = header.split("Expires=")[1].split(";")[0]
    moment = dt.datetime.strptime(stamp, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=dt.UTC)
    left = moment - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=2, seconds=-5) < left <= dt.timedelta(days=2)


@pytest.mark.spec("B-WEB-113", "S122")
@pytest.mark.parametrize(
    ("name", "value", "options"),
    [
        ("a\r\nb", "x", {}), ("a=b", "x", {}), ("a;b", "x", {}), ("", "x", {}), ("a b", "x", {}),
        ("\u2000a", "x", {}), ("a", "x\r\ny", {}), ("a", "x\x00", {}), ("a", "x", {"path": "/;x"}),
        ("a", "x", {"path": "/\r\n"}), ("a", "x", {"domain": "a;b"}),
        ("a", "x", {"domain": "a\x7f"}),
        ("a", "x", {"attributes": {"samesite": "Lax; Domain=evil"}}),
        ("a", "x", {"attributes": {"no-such": "1"}}),
    ],
)  # fmt: skip
def test_nothing_can_be_smuggled_into_a_cookie(name, value, options):
    with pytest.raises(ValueError, match="cookie"):
        format_set_cookie(name, value, **options)


@pytest.mark.spec("B-WEB-115", "B-WEB-116")
async def test_cookies_are_cleared_with_the_path_and_domain_given(serve):
    def get(handler):
        handler.clear_all_cookies(path="/x", domain="d")
        handler.clear_cookie("other")

    answer = await serve(_handler(get)).fetch("/", headers={"Cookie": "a=1; b=2"})
    epoch = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    headers = answer.headers.get_all("Set-Cookie")
    assert [h.split("=")[0] for h in headers] == ["a", "b", "other"]
    assert headers[0] == f'a=""; Domain=d; {epoch}; Path=/x'
    assert headers[2] == f'other=""; {epoch}; Path=/'


@pytest.mark.spec("S167")
async def test_a_response_with_a_cookie_is_not_for_shared_caches(serve):
    answer = await _set_cookies(serve, lambda h: h.set_cookie("a", "b"))
    assert answer.headers["Cache-Control"] == "private"
    assert "Cache-Control" not in (await _set_cookies(serve, lambda h: h.write("x"))).headers

    def public(handler):
        handler.set_cookie("a", "b")
        handler.set_header("Cache-Control", "no-store")

    assert (await _set_cookies(serve, public)).headers["Cache-Control"] == "no-store"


async def test_cookies_survive_an_error_page(serve):
    def get(handler):
        handler.set_cookie("a", "1")
        handler.send_error(404)

    answer = await serve(_handler(get)).fetch("/")
    assert (answer.status, answer.cookies()) == (404, {"a": "1"})


@pytest.mark.spec("S158", "S159", "S160", "S161")
@pytest.mark.parametrize(
    "header",
    [
        'a="' + "\\" * 30_000,
        "x;" * 20_000,
        "=__Host-a=bad",
        "\xa0a=bad",
        "\u2003".encode().decode("latin-1") + "a=x",
    ],
    ids=["backslashes", "many", "nameless", "nbsp", "em space"],
)
async def test_hostile_cookies_are_left_out_quietly(serve, header, caplog):
    get = _handler(lambda h: h.write({"a": h.get_cookie("a"), "host": h.get_cookie("__Host-a")}))
    answer = await serve(get).fetch("/", headers={"Cookie": header})
    assert answer.json()["host"] is None
    if "\\" not in header:
        assert answer.json()["a"] is None
    assert not caplog.records


# Signed cookies


@pytest.mark.spec("B-WEB-118", "B-WEB-121")
@pytest.mark.parametrize("prefix", ["signed", "secure"])
async def test_a_signed_cookie_comes_back_as_octets(serve, prefix):
    def get(handler):
        value = getattr(handler, f"get_{prefix}_cookie")("user")
        handler.write({"user": value and value.decode()})
        getattr(handler, f"set_{prefix}_cookie")("user", "\u00e9", httponly=True)

    site = serve(_handler(get), cookie_secret=SECRET)
    first = await site.fetch("/")
    assert first.json() == {"user": None}
    header = first.headers["Set-Cookie"]
    assert header.endswith("; HttpOnly")
    assert "Expires=" in header
    cookie = "user=" + first.cookies()["user"]
    assert (await site.fetch("/", headers={"Cookie": cookie})).json() == {"user": "\u00e9"}
    forged = {"Cookie": cookie.replace("4:", "5:")}
    assert (await site.fetch("/", headers=forged)).json() == {"user": None}


@pytest.mark.spec("B-WEB-117", "B-WEB-218")
async def test_without_a_secret_nothing_is_signed(serve, caplog):
    answer = await serve(_handler(lambda h: h.set_signed_cookie("a", "b"))).fetch("/")
    assert answer.status == 500
    assert "needs the setting 'cookie_secret'" in caplog.text


@pytest.mark.spec("B-WEB-127", "B-WEB-129")
@pytest.mark.parametrize("key_version", [0, 1])
async def test_the_key_of_the_setting_signs(serve, key_version):
    def get(handler):
        value = handler.create_signed_value("a", b"\xff")
        handler.write(
            {
                "version": handler.get_signed_cookie_key_version("a", value),
                "same": handler.get_signed_cookie("a", value) == b"\xff",
                "none": handler.get_signed_cookie_key_version("absent"),
            }
        )

    keys = {0: "zero", 1: "one"}
    site = serve(_handler(get), cookie_secret=keys, key_version=key_version)
    assert (await site.fetch("/")).json() == {"version": key_version, "same": True, "none": None}


@pytest.mark.spec("B-WEB-131", "B-WEB-123", "B-WEB-124")
async def test_values_can_be_signed_for_other_places(serve):
    def get(handler):
        old = handler.create_signed_value("a", "x", version=1)
        handler.write(
            {
                "old": handler.get_signed_cookie("a", old).decode(),
                "refused": handler.get_signed_cookie("a", old, min_version=2),
            }
        )

    answer = await serve(_handler(get), cookie_secret=SECRET).fetch("/")
    assert answer.json() == {"old": "x", "refused": None}
