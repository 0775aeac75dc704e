import pytest

from etesian.web import RequestHandler, content_disposition
from etesian.web.allowed_hosts import LOCAL_HOSTS, is_allowed


class Hello(RequestHandler):
    def get(self):
        self.write(self.request.full_url())


@pytest.mark.spec("S189")
@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost:8888", True),
        ("app.localhost", True),
        ("127.0.0.1:1", True),
        ("[::1]:80", True),
        ("192.0.2.7", True),
        ("rebound.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
    ],
)
async def test_in_debug_mode_only_local_names_and_addresses_are_answered_for(serve, host, allowed):
    site = serve(Hello, debug=True, autoreload=False)
    answer = await site.fetch("/", headers={"Host": host})
    assert answer.status == (200 if allowed else 421)


@pytest.mark.parametrize(
    ("allowed", "good", "bad"),
    [
        (["example.com"], ["example.com", "EXAMPLE.com"], ["www.example.com", "127.0.0.1"]),
        ([".example.com"], ["a.example.com", "a.b.example.com"], ["example.com", "aexample.com"]),
        (["*"], ["anything"], []),
        ([], [], ["anything"]),
        (LOCAL_HOSTS, ["::1"], ["1.2.3"]),
    ],
)
def test_hosts_are_named_in_four_ways(allowed, good, bad):
    assert all(is_allowed(host, allowed) for host in good)
    assert not any(is_allowed(host, allowed) for host in bad)


async def test_the_hosts_are_a_setting(serve):
    site = serve(Hello, allowed_hosts=["example.com"])
    assert (await site.fetch("/", headers={"Host": "example.com:80"})).status == 200
    assert (await site.fetch("/", headers={"Host": "evil.example"})).status == 421


@pytest.mark.spec("S063")
@pytest.mark.parametrize("host", ["a/b?c=", "user@host", "a, b", "a b", "a#b", "a\\b"])
async def test_what_is_no_host_never_gets_into_a_url(serve, host):
    assert (await serve(Hello).fetch("/", headers={"Host": host})).status == 400


@pytest.mark.spec("B-WEB-226")
async def test_an_absolute_url_keeps_the_scheme_that_the_client_used(serve):
    class Static(RequestHandler):
        def get(self):
            self.redirect(self.request.full_url() + "/x")

    site = serve(Static, server_options={"xheaders": True})
    headers = {"Host": "h.example", "X-Forwarded-Proto": "https"}
    answer = await site.fetch("/a", headers=headers)
    assert answer.headers["Location"] == "https://h.example/a/x"


@pytest.mark.spec("S130", "S146")
@pytest.mark.parametrize(
    ("filename", "value"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ('a"b\r\nX: y.txt', 'attachment; filename="a_b__X_ y.txt"'),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("..\\evil.exe", 'attachment; filename="evil.exe"'),
        ("na\u00efve.txt", "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
        ("", 'attachment; filename="_"'),
        ("\x00", 'attachment; filename="_"'),
    ],
)
def test_the_name_of_a_download_is_nothing_but_a_name(filename, value):
    assert content_disposition(filename) == value


def test_a_response_can_be_shown_and_still_have_a_name():
    assert content_disposition("a.pdf", inline=True) == 'inline; filename="a.pdf"'
