from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from etesian.streams.socket_activation import inherited_sockets

PROGRAM = """if True:
    import os, sys
    for index, fd in enumerate(sys.argv[1].split(",")):
        os.dup2(int(fd), 3 + index)
    os.environ["LISTEN_PID"] = str(os.getpid())
    from etesian.streams import inherited_sockets
    for name in sys.argv[2].split(","):
        found = inherited_sockets(name or None)
        print(*(sock.getsockname()[1] for sock in found), sep=",")
        assert not any(sock.getblocking() or os.get_inheritable(sock.fileno()) for sock in found)
"""


@pytest.fixture
def listening():
    address = ("127.0.0.1", 0)
    with socket.create_server(address) as web, socket.create_server(address) as admin:
        yield [web, admin]


def _ports_by(listening, asked, names="web:admin"):
    # High numbers first: the program moves them to where systemd puts them.
    fds = [os.dup(sock.fileno()) for sock in listening]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ",".join(map(str, fds)), asked],
        pass_fds=fds,
        env={**os.environ, "LISTEN_FDS": str(len(fds)), "LISTEN_FDNAMES": names},
        capture_output=True,
        text=True,
        check=False,
    )
    for fd in fds:
        os.close(fd)
    assert done.returncode == 0, done.stderr
    return [line.split(",") if line else [] for line in done.stdout.splitlines()]


def test_all_sockets_are_given_once(listening):
    ports = [str(sock.getsockname()[1]) for sock in listening]
    assert _ports_by(listening, ",") == [ports, []]
    assert _ports_by(listening, "", names="") == [ports]


def test_sockets_are_given_by_name(listening):
    web, admin = (str(sock.getsockname()[1]) for sock in listening)
    assert _ports_by(listening, "admin,other,,web") == [[admin], [], [web], []]


def test_sockets_for_another_process_are_left_alone(monkeypatch):
    monkeypatch.setenv("LISTEN_FDS", "1")
    assert inherited_sockets() == []
    monkeypatch.setenv("LISTEN_PID", str(os.getppid()))
    assert inherited_sockets() == []


def test_a_wrong_environment_is_refused(monkeypatch):
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    monkeypatch.setenv("LISTEN_FDNAMES", "")
    for wrong in ("", "many", "-1", "\u0661"):
        monkeypatch.setenv("LISTEN_FDS", wrong)
        with pytest.raises(ValueError, match="LISTEN_FDS"):
            inherited_sockets()
