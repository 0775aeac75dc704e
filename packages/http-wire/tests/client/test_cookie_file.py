"""Cookies that outlive the program."""

from __future__ import annotations

import json
import stat

import pytest

pytest.importorskip("publicsuffixlist", reason="the extra cookies is not installed")

from etesian.http_wire.client.cookie_jar import CookieJar

NOW = 1_700_000_000.0


@pytest.fixture
def jar():
    return CookieJar(clock=lambda: NOW)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cookies.json"


@pytest.mark.spec("S248")
def test_everything_that_decides_where_a_cookie_goes_is_kept(jar, file):
    jar.set_cookie("https://a.test/x/y", "host=only; Max-Age=50; Secure; HttpOnly")
    jar.set_cookie("https://a.test/", "wide=v; Domain=a.test; Max-Age=50; Path=/z")
    jar.save(file)
    again = CookieJar(clock=lambda: NOW)
    again.load(file)
    assert list(again) == list(jar)
    assert again.header_for("https://b.a.test/z") == "wide=v"
    assert again.header_for("https://a.test/x/") == "host=only"


def test_cookies_of_the_session_are_written_only_when_asked(jar, file):
    jar.set_cookie("http://a.test/", "session=v")
    jar.save(file)
    assert json.loads(file.read_text())["cookies"] == []
    jar.save(file, session=True)
    again = CookieJar()
    again.load(file)
    assert again.header_for("http://a.test/") == "session=v"


def test_expired_cookies_are_not_loaded(jar, file):
    jar.set_cookie("http://a.test/", "n=v; Max-Age=50")
    jar.save(file)
    late = CookieJar(clock=lambda: NOW + 50)
    late.load(file)
    assert len(late) == 0


def test_nobody_else_may_read_the_file(jar, file):
    file.write_text("before")
    file.chmod(0o644)
    jar.save(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_save_that_fails_leaves_the_file_as_it_was(jar, file, monkeypatch):
    file.write_text("before")
    monkeypatch.setattr("os.replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        jar.save(file)
    assert file.read_text() == "before"
    assert list(file.parent.iterdir()) == [file]


ENTRY = {
    "name": "n", "value": "v", "domain": "a.test", "host_only": True, "path": "/",
    "secure": False, "http_only": False, "expires": None,
}  # fmt: skip


@pytest.mark.spec("S248")
@pytest.mark.parametrize(
    "change",
    [
        {"domain": "co.uk", "host_only": False},
        {"domain": "127.0.0.1", "host_only": False},
        {"domain": ".a.test"},
        {"host_only": 1},
        {"host_only": None},
        {"value": "v\r\nX: y"},
        {"value": 7},
        {"expires": "soon"},
        {"expires": True},
        {"expires": float("nan")},
        {"name": "__Host-n"},
        {"other": 1},
    ],
)
def test_an_entry_that_no_response_could_have_set_is_refused(jar, file, change):
    jar.set_cookie("http://a.test/", "mine=1")
    entries = [{**ENTRY, "name": "fine"}, {**ENTRY, **change}]
    file.write_text(json.dumps({"format": "etesian-cookies-1", "cookies": entries}))
    with pytest.raises(ValueError, match=r"cookies\.json"):
        jar.load(file)
    assert jar.header_for("http://a.test/") == "mine=1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "etesian-cookies-2", "cookies": []}',
        '{"format": "etesian-cookies-1", "cookies": {}}',
        '{"format": "etesian-cookies-1", "cookies": [1]}',
        '{"format": "etesian-cookies-1", "cookies": [{}]}',
        "[" * 100_000,
        "\xff",
    ],
)
def test_another_file_is_refused(jar, file, text):
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"cookies\.json"):
        jar.load(file)


def test_a_file_without_end_is_refused(jar):
    with pytest.raises(ValueError, match="larger"):
        jar.load("/dev/zero")
    with pytest.raises(FileNotFoundError):
        jar.load("/nowhere/at/all")
