"""Redirects: which are followed, how, and what stays behind."""

from __future__ import annotations

import gzip

import pytest

from etesian.http_wire.client.errors import HTTPClientError
from etesian.http_wire.client.redirects import RedirectRefusedError, next_request
from etesian.http_wire.client.request import HTTPRequest
from etesian.http_wire.client.url import parse_url
from etesian.http_wire.headers import HTTPHeaders

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def redirect(location, code=302, body=b""):
    head = f"HTTP/1.1 {code} Moved\r\nLocation: {location}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def method_of(head):
    return head.split(b" ")[0].decode()


@pytest.mark.spec("B-HTTP-117", "B-HTTP-125")
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(canned_server, either, code):
    def respond(number, head, body):
        return redirect("/b?c", code) if number == 1 else OK

    async with canned_server(respond) as server:
        request = HTTPRequest(server.url("/a"))
        response = await either.fetch(request)
    assert response.body == b"ok"
    assert response.effective_url == server.url("/b?c")
    assert response.request is request
    assert request.url == server.url("/a")
    assert server.connections == 1


@pytest.mark.spec("B-HTTP-118", "B-HTTP-119", "S238")
@pytest.mark.parametrize(
    ("code", "method", "following"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (302, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "HEAD", "HEAD"),
        (303, "HEAD", "HEAD"),
    ],
)
async def test_the_method_after_a_redirect(canned_server, either, code, method, following):
    def respond(number, head, body):
        if number == 1:
            return redirect("/b", code)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    body = b"data" if method in ("POST", "PUT") else None
    headers = {"Content-Type": "text/plain"}
    async with canned_server(respond) as server:
        await either.fetch(server.url(), method=method, body=body, headers=headers)
    assert method_of(server.heads[1]) == following
    kept = following == method and body is not None
    assert server.bodies[1] == (b"data" if kept else b"")
    if following == "GET":
        assert b"Content-Type" not in server.heads[1]
        assert b"Content-Length" not in server.heads[1]


@pytest.mark.spec("S238")
async def test_a_produced_body_is_not_sent_twice(canned_server, client):
    async def produce(write):
        await write(b"data")

    async with canned_server(redirect("/b", 307)) as server:
        with pytest.raises(HTTPClientError) as caught:
            await client.fetch(server.url(), method="PUT", body_producer=produce)
    assert caught.value.code == 307
    assert "produced body" in str(caught.value)
    assert len(server.heads) == 1


@pytest.mark.spec("B-HTTP-120", "S237")
async def test_a_loop_ends_at_the_cap_with_the_redirect_as_outcome(canned_server, either):
    async with canned_server(redirect("/again")) as server:
        with pytest.raises(HTTPClientError) as caught:
            await either.fetch(server.url(), max_redirects=3)
    assert caught.value.code == 302
    assert len(server.heads) == 4


@pytest.mark.spec("B-HTTP-121")
async def test_a_redirect_that_is_not_to_be_followed_is_an_error(canned_server, either):
    async with canned_server(redirect("/b")) as server:
        with pytest.raises(HTTPClientError) as caught:
            await either.fetch(server.url(), follow_redirects=False)
    assert caught.value.response.headers["Location"] == "/b"


@pytest.mark.spec("B-HTTP-122")
async def test_callbacks_hear_of_the_last_response_only(canned_server, either):
    seen = []

    def respond(number, head, body):
        return redirect("/b", body=b"moved") if number == 1 else OK

    async with canned_server(respond) as server:
        await either.fetch(
            server.url(), streaming_callback=seen.append, header_callback=seen.append
        )
    assert seen == ["HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n", "\r\n", b"ok"]


@pytest.mark.spec("S234", "S236")
async def test_credentials_stay_with_their_origin(canned_server, either):
    headers = HTTPHeaders({"Host": "inner.test", "X-Own": "kept"})
    for name in ("Authorization", "Cookie", "Proxy-Authorization"):
        headers.add(name, "secret-1")
        headers.add(name, "secret-2")
    async with canned_server(OK) as other, canned_server(redirect(other.url("/x"))) as server:
        await either.fetch(server.url(), headers=headers)
        await either.fetch(server.url(), auth_username="u", auth_password="secret-3")
        await either.fetch(server.url().replace("//", "//u:secret-4@"))
        assert b"Authorization: Basic" in server.heads[1]
        assert b"Authorization: Basic" in server.heads[2]
    assert b"secret-1" in server.heads[0]
    assert b"inner.test" in server.heads[0]
    for head in other.heads:
        assert b"secret" not in head
        assert b"uthorization" not in head
        assert b"Cookie" not in head
        assert b"Host: 127.0.0.1:%d\r\n" % other.port in head
    assert b"X-Own: kept" in other.heads[0]
    assert headers.get_list("Cookie") == ["secret-1", "secret-2"]


async def test_credentials_stay_within_their_origin(canned_server, either):
    def respond(number, head, body):
        return redirect("/b") if number == 1 else OK

    async with canned_server(respond) as server:
        url = server.url().replace("//", "//u:p@")
        await either.fetch(url, headers={"Cookie": "a=b"})
    assert b"Authorization: Basic dTpw\r\n" in server.heads[1]
    assert b"Cookie: a=b\r\n" in server.heads[1]


@pytest.mark.spec("S237")
@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://localhost/",
        "javascript:alert(1)",
        "http://u:p@127.0.0.1/",
        "http://2130706433/",
        "http://a b/",
        "/\t/127.0.0.1/",
        "ht\ttp://127.0.0.1/",
        "http://127.0.0.1\t/",
    ],
)
async def test_other_targets_are_refused(canned_server, either, location):
    async with canned_server(redirect(location)) as server:
        with pytest.raises(HTTPClientError, match="redirect refused") as caught:
            await either.fetch(server.url())
        assert caught.value.code == 302
        response = await either.fetch(server.url(), raise_error=False)
    assert response.code == 302


@pytest.mark.spec("S237")
async def test_two_locations_lead_nowhere(canned_server, client):
    async with canned_server(redirect("/b\r\nLocation: /c")) as server:
        response = await client.fetch(server.url(), raise_error=False)
    assert response.code == 302
    assert len(server.heads) == 1


@pytest.mark.spec("S237")
async def test_a_blank_location_is_no_redirect(canned_server, either):
    async with canned_server(redirect("")) as server:
        response = await either.fetch(server.url(), raise_error=False)
    assert response.code == 302
    assert len(server.heads) == 1


@pytest.mark.spec("S234")
async def test_https_does_not_lead_to_http(canned_server, either, server_tls, ca_file):
    async with (
        canned_server(OK) as plain,
        canned_server(redirect(plain.url()), tls=server_tls()) as server,
    ):
        with pytest.raises(HTTPClientError, match="leaves https"):
            await either.fetch(server.url(), ca_certs=ca_file)
        assert plain.heads == []
        await either.fetch(server.url(), ca_certs=ca_file, allow_insecure_redirects=True)
        assert len(plain.heads) == 1


@pytest.mark.spec("S154")
async def test_the_body_of_a_followed_redirect_is_bounded_and_never_decoded(canned_server, either):
    bomb = gzip.compress(bytes(50_000_000))
    endless = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 90000000\r\n\r\n" + bytes(
        200_000
    )
    packed = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Encoding: gzip\r\n"
    packed += b"Content-Length: %d\r\n\r\n" % len(bomb) + bomb
    for first in (endless, packed):

        def respond(number, head, body, first=first):
            return first if number == 1 else OK

        async with canned_server(respond) as server:
            assert (await either.fetch(server.url())).body == b"ok"


def test_a_client_certificate_stays_with_its_origin():
    request = HTTPRequest("https://a.test/", client_cert="cert.pem", client_key="key.pem")
    target = parse_url(request.url)
    following, _ = next_request(request, target, 302, "https://b.test/")
    assert following.client_cert is None
    assert following.client_key is None
    following, _ = next_request(request, target, 302, "/c")
    assert following.client_cert == "cert.pem"
    for elsewhere in ("https://a.test:444/", "http://a.test/"):
        lenient = request.replaced(allow_insecure_redirects=True)
        assert next_request(lenient, target, 302, elsewhere)[0].client_cert is None


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "http://a.test/b#part"),
        ("http://b.test/", "http://b.test/#part"),
        ("/b#other", "http://a.test/b#other"),
    ],
)
def test_a_fragment_is_inherited(location, url):
    request = HTTPRequest("http://a.test/a#part")
    following, target = next_request(request, parse_url(request.url), 302, location)
    assert following.url == url
    assert "#" not in target.path


def test_utf_8_in_a_location_is_percent_encoded():
    request = HTTPRequest("http://a.test/")
    location = "/caf\u00e9".encode().decode("latin-1")
    _, target = next_request(request, parse_url(request.url), 302, location)
    assert target.path == "/caf%C3%A9"


def test_other_octets_in_a_location_are_read_as_latin_1():
    request = HTTPRequest("http://a.test/")
    _, target = next_request(request, parse_url(request.url), 302, "/caf\xe9")
    assert target.path == "/caf%C3%A9"


async def test_what_the_next_hop_lacks_is_an_error_of_the_fetch(canned_server, client):
    async with canned_server(redirect("https://127.0.0.1:1/")) as server:
        with pytest.raises(FileNotFoundError):
            await client.fetch(server.url(), ca_certs="/nowhere")
    assert client._fetches == set()


def test_a_redirect_cannot_split_the_request_line():
    request = HTTPRequest("http://a.test/")
    with pytest.raises(RedirectRefusedError):
        next_request(request, parse_url(request.url), 302, "/a b HTTP/1.1")
