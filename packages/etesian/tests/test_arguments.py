"""From the words of ``etesian run`` to its options."""

from __future__ import annotations

import os

import pytest

from etesian.cli.command_line.addresses import Descriptor, TCPAddress, UnixAddress
from etesian.cli.command_line.parsing import parse


def options(*words):
    return parse(["run", "program:application", *words])


@pytest.mark.parametrize(
    ("words", "addresses"),
    [
        ([], []),
        (["--port=80"], [TCPAddress("127.0.0.1", 80)]),
        (["--host=", "--host=::1"], [TCPAddress("", 8888), TCPAddress("::1", 8888)]),
        (["--bind=[::1]:80", "--bind=:81"], [TCPAddress("::1", 80), TCPAddress("", 81)]),
        (["--bind=example.org:0"], [TCPAddress("example.org", 0)]),
        (["--bind=unix:/a:b"], [UnixAddress("/a:b")]),
        (["--bind=fd:3", "--fd=4", "--unix=c"], [Descriptor(3), UnixAddress("c"), Descriptor(4)]),
    ],
)
def test_addresses_are_said_in_several_ways(words, addresses):
    assert options(*words).addresses == tuple(addresses)


def test_units_are_understood():
    got = options("--max-body-size=10M", "--max-header-size=32k", "--drain=1.5", "--unix-mode=660")
    assert (got.max_body_size, got.max_header_size) == (10 * 1024 * 1024, 32 * 1024)
    assert (got.drain, got.unix_mode) == (1.5, 0o660)


def test_proxies_are_on_this_machine_unless_told():
    assert options("--proxy-headers").trusted_proxies == ("127.0.0.0/8", "::1")
    told = options("--proxy-headers", "--trusted-proxy=10.0.0.0/8", "--trusted-proxy=::2")
    assert told.trusted_proxies == ("10.0.0.0/8", "::2")


def test_auto_is_a_worker_for_each_processor():
    assert options("--workers=auto").workers == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("word", "text"),
    [
        *[
            (f"--port={port}", f"got {port!r}, expected a number from 0 to 65535")
            for port in ["-1", "65536", "http", "\uff18\uff18", "1_0", "", "9" * 5000]
        ],
        ("--bind=::1:80", "expected brackets around an IPv6 address"),
        ("--bind=example.org", "expected HOST:PORT, unix:PATH or fd:N"),
        ("--bind=fd:x", "expected the number of a descriptor"),
        ("--workers=0", "expected 1 or more"),
        ("--workers=two", "expected a whole number"),
        ("--max-body-size=10X", "expected a size such as"),
        ("--backlog=0", "expected 1 or more"),
        ("--backlog=9999999999", "expected a whole number"),
        ("--max-header-size=0", "expected more"),
        ("--header-timeout=0", "expected more"),
        ("--app-dir=nowhere", "expected a folder"),
        ("--reload-dir=nowhere", "expected a folder"),
        ("--drain=nan", "expected a number of seconds"),
        ("--drain=inf", "expected a number of seconds"),
        ("--drain=-1", "expected a number of seconds"),
        ("--unix-mode=8", "expected a mode such as"),
        ("--trusted-proxy=10.0.0.1/8", "expected a network such as"),
        ("--trusted-proxy=nobody", "expected a network such as"),
        ("--keyfile=key.pem", "--keyfile and --ca-certs need --certfile"),
        ("--client-certs=required", "--client-certs needs --ca-certs"),
        ("--reload-dir=.", "--reload-dir needs --reload"),
        ("--max-requests-jitter=5", "--max-requests-jitter needs --max-requests"),
        ("--trusted-proxy=::1", "--trusted-proxy needs --proxy-headers"),
    ],
)
def test_refuses_what_makes_no_sense(word, text, capsys):
    with pytest.raises(SystemExit, match="2"):
        options(word)
    assert text in capsys.readouterr().err


def test_reloading_is_for_one_worker(capsys):
    assert options("--reload", "--workers=1").supervised
    with pytest.raises(SystemExit):
        options("--reload", "--workers=2")
    assert "--reload is for one worker" in capsys.readouterr().err


class TestEnvironment:
    def test_says_what_the_command_line_does_not(self, monkeypatch):
        monkeypatch.setenv("ETESIAN_RUN_MAX_BODY_SIZE", "1K")
        monkeypatch.setenv("ETESIAN_RUN_DRAIN", "3")
        got = options("--drain=4")
        assert (got.max_body_size, got.drain) == (1024, 4)

    def test_gives_several_values_where_an_option_takes_them(self, monkeypatch):
        monkeypatch.setenv("ETESIAN_RUN_BIND", "127.0.0.1:80 unix:a")
        assert options().addresses == (TCPAddress("127.0.0.1", 80), UnixAddress("a"))

    @pytest.mark.parametrize(("value", "switched"), [("1", True), ("Yes", True), ("off", False)])
    def test_switches(self, monkeypatch, value, switched):
        monkeypatch.setenv("ETESIAN_RUN_PROXY_HEADERS", value)
        monkeypatch.setenv("ETESIAN_RUN_ACCESS_LOG", value)
        got = options()
        assert (got.proxy_headers, got.access_log) == (switched, switched)

    def test_a_switch_is_nothing_else(self, monkeypatch, capsys):
        monkeypatch.setenv("ETESIAN_RUN_UVLOOP", "maybe")
        with pytest.raises(SystemExit):
            options()
        assert "ETESIAN_RUN_UVLOOP='maybe', expected 1 or 0" in capsys.readouterr().err
