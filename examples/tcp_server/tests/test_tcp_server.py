"""Runs the server as a process of its own and talks to it over sockets."""

from __future__ import annotations

import contextlib
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = Path(__file__).resolve().parent.parent / "server.py"


@contextlib.contextmanager
def running(*arguments: str, workers: int = 1) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-W", "error", str(SERVER), "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(workers)]
            assert len({line.split()[-1] for line in lines}) == workers, lines
            yield process, int(lines[0].split()[2].rsplit(":", 1)[1])
        finally:
            process.kill()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def receive(client: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size and (chunk := client.recv(65536)):
        received += chunk
    return received


def ends_with(process: subprocess.Popen[str]) -> int:
    return process.wait(timeout=10)


def test_every_line_comes_back_once_it_is_complete() -> None:
    with running() as (process, port):
        with connect(port) as client:
            client.sendall(b"one\ntw")
            assert receive(client, 4) == b"one\n"
            client.sendall(b"o\nthree\n")
            assert receive(client, 10) == b"two\nthree\n"
        process.terminate()
        assert ends_with(process) == 0


def test_the_last_lines_are_answered_though_the_client_sends_no_more() -> None:
    with running() as (_, port), connect(port) as client:
        client.sendall(b"one\ntwo\n")
        client.shutdown(socket.SHUT_WR)
        assert receive(client, 100) == b"one\ntwo\n"


def test_many_clients_at_once_get_their_own_lines() -> None:
    with running() as (process, port), contextlib.ExitStack() as clients:
        opened = [clients.enter_context(connect(port)) for _ in range(50)]
        for n, client in enumerate(opened):
            client.sendall(b"client %d\n" % n)
        for n, client in enumerate(opened):
            assert receive(client, len(b"client %d\n" % n)) == b"client %d\n" % n
        assert process.poll() is None


def test_lines_are_served_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with (
        running("--certfile", str(tmp_path / "server.pem")) as (_, port),
        context.wrap_socket(connect(port), server_hostname="localhost") as client,
    ):
        client.sendall(b"secret\n")
        assert receive(client, 7) == b"secret\n"


def test_a_client_that_reads_nothing_is_not_read_from() -> None:
    lines = b"x" * 1023 + b"\n"
    with running() as (_, port), connect(port) as client:
        sent = received = 0
        client.settimeout(1)
        deadline = time.monotonic() + 20
        while sent < 20_000_000 and time.monotonic() < deadline:
            try:
                sent += client.send(lines[sent % 1024 :] + lines * 63)
            except TimeoutError:
                break
        assert sent < 20_000_000, "the server buffered without a limit"
        client.settimeout(10)
        whole = sent // 1024 * 1024
        while received < whole:
            received += len(client.recv(65536))
        assert received == whole


def test_a_line_without_an_end_is_refused() -> None:
    with running() as (_, port), connect(port) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(b"x" * 100_000)
        with contextlib.suppress(ConnectionError):
            assert client.recv(1) == b""


def test_sigterm_lets_a_client_finish_its_line_and_accepts_nobody() -> None:
    with running() as (process, port), connect(port) as client:
        client.sendall(b"first\nbegun")
        assert receive(client, 6) == b"first\n"
        process.terminate()
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                connect(port).close()
        assert process.poll() is None
        client.sendall(b" and finished\n")
        assert receive(client, 19) == b"begun and finished\n"
        assert client.recv(1) == b""
        assert ends_with(process) == 0


def test_ctrl_c_ends_it_cleanly() -> None:
    with running() as (process, _):
        process.send_signal(signal.SIGINT)
        assert ends_with(process) == 0


def test_workers_share_the_port_and_end_together() -> None:
    with running("--processes", "2", workers=2) as (process, port):
        for n in range(10):
            with connect(port) as client:
                client.sendall(b"%d\n" % n)
                assert receive(client, 2) == b"%d\n" % n
        process.terminate()
        assert ends_with(process) == 0
        with pytest.raises(ConnectionError):
            connect(port).close()
