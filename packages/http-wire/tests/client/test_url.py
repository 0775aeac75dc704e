"""Which URLs there are, and where each leads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etesian.http_wire.client.url import parse_url


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://a.test", "a.test", 80, "/"),
        ("HTTPS://A.Test:8443/x?y#z", "a.test", 8443, "/x?y"),
        ("http://a.test:/?q", "a.test", 80, "/?q"),
        ("http://[::1]:81/", "::1", 81, "/"),
        ("http://[2001:DB8:0::1]/", "2001:db8::1", 80, "/"),
        ("http://127.0.0.1/", "127.0.0.1", 80, "/"),
        ("http://under_score.test/", "under_score.test", 80, "/"),
        ("http://b\u00fccher.test/\u00e4?\u00f6", "xn--bcher-kva.test", 80, "/%C3%A4?%C3%B6"),
        ('http://a.test/{a}|"<b>\\^`', "a.test", 80, "/%7Ba%7D%7C%22%3Cb%3E%5C%5E%60"),
        ("http://a.test/%2F%zz", "a.test", 80, "/%2F%zz"),
    ],
)
def test_urls_are_read(url, host, port, path):
    target = parse_url(url)
    assert (target.origin.host, target.origin.port, target.path) == (host, port, path)


def test_credentials_are_decoded_and_kept_apart():
    target = parse_url("http://us%40er:p:%C3%A4@a.test/x")
    assert (target.username, target.password) == ("us@er", "p:\u00e4")
    assert target.url == "http://a.test/x"


@pytest.mark.spec("S249", "S131")
@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.test",
        "/path",
        "ftp://a.test/",
        "file:///etc/passwd",
        "http:///path",
        "http://",
        "http:a.test",
        "http://a\\@b.test/",
        "http://a@b@c.test/",
        "http://a.test\\b/",
        "http://a.test%00/",
        "http://a%2eb/",
        "http://a.test/ HTTP/1.1",
        "http://a.test/\r\nX: y",
        "http://a\t.test/",
        " http://a.test/",
        "http://a.test/\x7f",
        "http://a.test:80a/",
        "http://a.test:\u0661/",
        "http://a.test:0/",
        "http://a.test:65536/",
        "http://a.test:-1/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[v1.a]/",
        "http://[fe80::1%25eth0]/",
        "http://-a.test/",
        "http://.test/",
        "http://a..test/",
        "http://" + "a" * 64 + ".test/",
        "http://" + "\u00e4" * 64 + ".test/",
        "http://" + "a." * 127 + "test/",
        "http://" + "\u00e4." * 20_000 + "test/",
    ],
)
def test_doubtful_urls_are_refused(url):
    with pytest.raises(ValueError, match="URL"):
        parse_url(url)


@pytest.mark.spec("S249")
def test_the_hash_ends_the_authority():
    assert parse_url("http://a.test#@b.test/").origin.host == "a.test"


@pytest.mark.spec("S249")
@pytest.mark.parametrize("letter", ["\u00df", "\u1e9e", "\u03c2", "\u200c", "\u200d"])
def test_a_name_that_means_two_hosts_is_refused(letter):
    with pytest.raises(ValueError, match="not the same to all"):
        parse_url(f"http://a{letter}b.test/")


def test_the_longest_name_is_read_with_its_final_dot_too():
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    assert parse_url(f"http://{longest}/").origin.host == longest
    assert parse_url(f"http://{longest}./").origin.host == f"{longest}."


@pytest.mark.spec("S250")
@pytest.mark.parametrize(
    "host", ["2130706433", "0177.1", "127.1", "0x7f.1", "0x7f000001", "127.0.0.01", "1.2.3.4.5"]
)
def test_numbers_that_are_no_dotted_address_are_refused(host):
    with pytest.raises(ValueError, match="dotted IPv4"):
        parse_url(f"http://{host}/")


def test_the_message_does_not_hold_the_url():
    with pytest.raises(ValueError, match="URL") as caught:
        parse_url("http://user:secret@bad host/")
    assert "secret" not in str(caught.value)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_whatever_is_read_may_stand_in_a_request_line(text):
    try:
        target = parse_url("http://a.test/" + text)
    except ValueError:
        return
    assert target.origin.host == "a.test"
    assert target.path.isascii()
    assert target.path.isprintable()
    assert " " not in target.path
    assert parse_url(target.url) == target
