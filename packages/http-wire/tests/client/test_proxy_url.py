"""Naming a proxy: what its URL may be, and which options do not go together."""

from __future__ import annotations

import asyncio

import pytest

from etesian.http_wire.client.proxy import (
    Proxy,
    check_proxy,
    parse_proxy_url,
    proxy_of_request,
    url_of_environment,
)
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.tls import TLSContexts
from etesian.http_wire.client.url import parse_url

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("proxy.test:3128", ("http", "proxy.test", 3128, None, None)),
        ("http://proxy.test", ("http", "proxy.test", 80, None, None)),
        ("HTTPS://u:p%40@proxy.test/", ("https", "proxy.test", 443, "u", "p@")),
        ("socks5://proxy.test", ("socks5", "proxy.test", 1080, None, None)),
        ("socks5h://u:p@proxy.test/", ("socks5h", "proxy.test", 1080, "u", "p")),
        ("socks5://proxy.test:80", ("socks5", "proxy.test", 80, None, None)),
        ("socks4a://u@[::1]:9/", ("socks4a", "::1", 9, "u", "")),
        ("socks4://[::1]", ("socks4", "::1", 1080, None, None)),
    ],
)
def test_the_parts_of_a_url(url, expected):
    scheme, named = parse_proxy_url(url)
    assert (
        scheme,
        named.origin.host,
        named.origin.port,
        named.username,
        named.password,
    ) == expected


@pytest.mark.parametrize(
    "url",
    [
        "ftp://p",
        "socks6://p",
        "",
        "socks5://",
        "http://p/path",
        "socks5://p:99999",
        "socks5://p\r\n",
        "a b",
    ],
)
def test_what_is_no_proxy_is_refused_without_being_shown(url):
    with pytest.raises(ValueError) as caught:
        parse_proxy_url(url.replace("://", "://u:secret@"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"proxy": "p:1", "proxy_host": "p", "proxy_port": 1},
        {"proxy_host": "p"},
        {"proxy_username": "u"},
    ],
)
async def test_options_that_do_not_go_together(either, options):
    with pytest.raises(ValueError):
        await either.fetch("http://x.test/", **options)


async def test_what_cannot_be_is_refused(client):
    context = TLSContexts().for_request(HTTPRequest(""))
    for options in ({"proxy": "socks5://p", "proxy_ssl_options": context}, {"proxy": "u:p@p:x"}):
        with pytest.raises(ValueError):
            await client.fetch("http://x.test/", **options)


def test_credentials_of_options_go_before_those_of_the_url():
    request = HTTPRequest("", proxy="http://u:p@p.test", proxy_username="v", proxy_password="q")
    check_proxy(request)
    proxy = proxy_of_request(request, TLSContexts())
    assert (proxy.username, proxy.password) == ("v", "q")
    assert "q" not in repr(proxy).replace("proxy", "")


def test_credentials_set_proxies_apart():
    one = Proxy(host="p", port=1, username="u", password="a")
    assert one != Proxy(host="p", port=1, username="u", password="b")
    assert one == Proxy(host="p", port=1, username="u", password="a")
    with pytest.raises(ValueError, match="colon"):
        Proxy(host="p", port=1, username="u:v")


async def test_a_proxy_is_named_by_its_url(either, proxy):
    url = f"http://pu:p%3Aw@127.0.0.1:{proxy.port}"
    assert (await either.fetch("http://elsewhere.test/x", proxy=url)).body == b"ok"
    assert proxy.heads[-1].startswith(b"GET http://elsewhere.test/x HTTP/1.1\r\n")


async def test_a_proxy_over_tls_is_named_by_its_url(client, tls_proxy):
    url = f"https://pu:p%3Aw@127.0.0.1:{tls_proxy.port}"
    trust = {"proxy_ssl_options": tls_proxy.options["proxy_ssl_options"]}
    assert (await client.fetch("http://elsewhere.test/x", proxy=url, **trust)).body == b"ok"
    with pytest.raises(OSError, match="certificate"):
        await client.fetch("http://elsewhere.test/x", proxy=url)


@pytest.mark.spec("S253")
@pytest.mark.parametrize(
    ("no_proxy", "host", "passed_by"),
    [
        ("example.test", "www.example.test", True),
        (".example.test", "www.example.test", True),
        ("ample.test", "example.test", False),
        ("a.test , b.test", "b.test", True),
        ("b.test:80", "b.test", True),
        ("b.test:81", "b.test", False),
        ("::1", "[::1]", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("a.test, 10.1.2.3/8", "10.9.9.9", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "10.test", False),
        ("10.0.0.0/99,fd00::/8", "[fd00::1]", True),
        ("fd00::/8", "10.1.2.3", False),
        ("*", "b.test", True),
    ],
)
def test_hosts_that_the_environment_wants_no_proxy_for(monkeypatch, no_proxy, host, passed_by):
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy.test")
    monkeypatch.setenv("no_proxy", no_proxy)
    found = url_of_environment(parse_url(f"http://{host}/").origin)
    assert found == (None if passed_by else "http://proxy.test")


async def test_both_clients_ask_the_environment_when_told_to(
    canned_server, make_client, make_curl, proxy, monkeypatch
):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with canned_server(OK) as server:
        for make in (make_client, make_curl):
            client = make(trust_environment=True)
            monkeypatch.setenv("http_proxy", f"http://pu:p%3Aw@127.0.0.1:{proxy.port}")
            assert (await client.fetch("http://elsewhere.test/")).body == b"ok"
            assert (await client.fetch(server.url(), proxy=f"pu:p@127.0.0.1:{proxy.port}")).body
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            asked = len(proxy.heads)
            assert (await client.fetch(server.url())).body == b"ok"
            assert len(proxy.heads) == asked
            monkeypatch.setenv("http_proxy", "gopher://proxy.test")
            with pytest.raises(ValueError, match="scheme"):
                await client.fetch("http://elsewhere.test/")


@pytest.fixture
async def make_curl(anyio_backend):
    pytest.importorskip("pycurl", reason="the extra curl is not installed")
    made = []

    def make(**options):
        made.append(CurlAsyncHTTPClient(force_instance=True, **options))
        return made[-1]

    from etesian.http_wire import CurlAsyncHTTPClient

    yield make
    for one in made:
        one.close()
    await asyncio.sleep(0)
