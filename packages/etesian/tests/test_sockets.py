"""The sockets that ``etesian run`` serves on: of every kind, and given by others."""

from __future__ import annotations

import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def ask(family, address):
    with socket.socket(family) as client:
        client.settimeout(10)
        client.connect(address)
        client.sendall(REQUEST)
        return b"".join(iter(lambda: client.recv(4096), b""))


@pytest.mark.parametrize("workers", [(), ("--workers=1",)], ids=["alone", "worker"])
def test_a_unix_socket_with_its_mode_is_gone_at_the_end(start, program, workers):
    command = start("program:application", "--unix=web.sock", "--unix-mode=660", *workers)
    assert command.url() == "http+unix://web.sock"
    path = program / "web.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert ask(socket.AF_UNIX, str(path)).endswith(b"Hello, world")
    assert command.end() == 0
    assert not path.exists()


@pytest.mark.skipif(shutil.which("ss") is None, reason="needs ss, of iproute2")
@pytest.mark.parametrize(
    ("options", "backlog"),
    [((), 4096), (("--backlog=7", "--uvloop"), 7), (("--backlog=200", "--workers=1"), 200)],
)
def test_the_backlog_is_what_was_said(start, options, backlog):
    address = start("program:application", "--port=0", *options).url()
    port = int(address.rpartition(":")[2])
    limit = int(Path("/proc/sys/net/core/somaxconn").read_text())
    # Of a socket that listens, "Send-Q" is its backlog.
    shown = subprocess.run(
        ["ss", "-ltnH", f"sport = :{port}"],  # noqa: S607 - wherever it is
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(shown.stdout.split()[2]) == min(backlog, limit)


def test_the_name_of_a_successor_is_left_alone(start, program):
    first = start("program:application", "--unix=web.sock")
    first.url()
    (program / "web.sock").unlink()
    second = start("program:application", "--unix=web.sock")
    second.url()
    assert first.end() == 0
    assert ask(socket.AF_UNIX, str(program / "web.sock")).endswith(b"Hello, world")


def test_no_name_stays_where_another_address_cannot_be_had(run, program):
    assert run("program:application", "--unix=web.sock", "--fd=999").process.returncode == 1
    assert not (program / "web.sock").exists()


def test_a_unix_socket_keeps_its_name_while_workers_are_renewed(start, program):
    command = start("program:application", "--unix=web.sock", "--workers=1")
    command.url()
    (old,) = command.workers()
    command.send(signal.SIGHUP)
    command.until(lambda: command.workers() and old not in command.workers())
    assert ask(socket.AF_UNIX, str(program / "web.sock")).endswith(b"Hello, world")


@pytest.mark.parametrize("workers", [(), ("--workers=1",)], ids=["alone", "worker"])
def test_an_inherited_descriptor(start, workers):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        command = start("program:application", f"--fd={number}", *workers, pass_fds=[number])
        assert command.url() == "http://{}:{}".format(*listening.getsockname())
        assert ask(socket.AF_INET, listening.getsockname()).endswith(b"Hello, world")


# Only the process itself knows its id: it is told as systemd does, between fork and exec.
ACTIVATED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.executable, [sys.executable, "-m", "etesian.cli", "run", *sys.argv[2:]])
"""


@pytest.mark.parametrize("workers", [(), ("--workers=1",)], ids=["alone", "worker"])
def test_what_systemd_passed_is_used_and_it_is_told_of_readiness(
    start, program, workers, monkeypatch
):
    notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notified.settimeout(10)
    with socket.create_server(("127.0.0.1", 0)) as listening, notified:
        notified.bind(str(program / "notify.sock"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(program / "notify.sock"))
        (program / "activate.py").write_text(ACTIVATED)
        number = listening.fileno()
        command = start(
            "program:application",
            *workers,
            pass_fds=[number],
            preamble=[sys.executable, "activate.py", str(number)],
        )
        command.url()
        assert notified.recv(100) == b"READY=1"
        assert ask(socket.AF_INET, listening.getsockname()).endswith(b"Hello, world")
        assert command.end() == 0
        assert notified.recv(100) == b"STOPPING=1"


def test_several_addresses_and_ipv6(start):
    arguments = ["--bind=127.0.0.1:0"]
    has_ipv6 = socket.has_ipv6 and Path("/proc/net/if_inet6").exists()
    arguments += ["--bind=[::1]:0"] if has_ipv6 else ["--bind=127.0.0.2:0"]
    command = start("program:application", *arguments)
    for _ in arguments:
        with urlopen(command.url(), timeout=10) as response:
            assert response.read() == b"Hello, world"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--fd=0"], "cannot listen on descriptor 0: "),
        (["--fd=999"], "cannot listen on descriptor 999: Bad file descriptor"),
        (["--unix=program.py"], "'program.py' exists and is not a socket"),
        (["--bind=192.0.2.1:0"], "cannot listen on 192.0.2.1:0: Cannot assign requested address"),
    ],
)
def test_what_cannot_be_had_is_one_line(run, arguments, text):
    command = run("program:application", *arguments)
    assert command.process.returncode == 1
    assert text in command.log
    assert command.log.count("\n") == 1
