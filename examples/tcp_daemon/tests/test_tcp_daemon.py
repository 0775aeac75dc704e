"""Runs the daemon as a process of its own and talks to it over sockets."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DAEMON = Path(__file__).resolve().parent.parent / "daemon.py"


@contextlib.contextmanager
def running(*arguments: str, workers: int = 1) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-W", "error", str(DAEMON), "--port", "0", *arguments]
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


def test_many_clients_at_once_get_their_own_lines() -> None:
    with running() as (process, port), contextlib.ExitStack() as clients:
        opened = [clients.enter_context(connect(port)) for _ in range(50)]
        for n, client in enumerate(opened):
            client.sendall(b"client %d\n" % n)
        for n, client in enumerate(opened):
            assert receive(client, len(b"client %d\n" % n)) == b"client %d\n" % n
        assert process.poll() is None


def test_a_reply_larger_than_the_socket_buffers_arrives_whole() -> None:
    lines = b"x" * 1023 + b"\n"
    with running() as (_, port), connect(port) as client:
        sent = received = 0
        client.setblocking(False)
        deadline = time.monotonic() + 20
        # Sending stalls as soon as the daemon waits for its replies to be read.
        while sent < 8_000_000 and time.monotonic() < deadline:
            try:
                sent += client.send(lines[sent % 1024 :] + lines * 63)
            except BlockingIOError:
                break
        assert sent < 8_000_000, "the daemon buffered without a limit"
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
    with running() as (process, port), connect(port) as busy, connect(port) as idle:
        busy.sendall(b"first\nbegun")
        assert receive(busy, 6) == b"first\n"
        process.terminate()
        assert idle.recv(1) == b""  # had nothing to finish
        with pytest.raises(ConnectionError):
            connect(port).close()
        assert process.poll() is None
        busy.sendall(b" and finished\n")
        assert receive(busy, 19) == b"begun and finished\n"
        assert busy.recv(1) == b""
        assert ends_with(process) == 0


def test_ctrl_c_ends_it_cleanly() -> None:
    with running() as (process, port), connect(port):
        process.send_signal(signal.SIGINT)
        assert ends_with(process) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_worker_that_dies_is_replaced() -> None:
    with running("--processes", "2", workers=2) as (process, port):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("this system does not tell a process's children")
        victim = int(children.read_text().split()[0])
        os.kill(victim, signal.SIGKILL)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on")
        with connect(port) as client:
            client.sendall(b"still here\n")
            assert receive(client, 11) == b"still here\n"
        process.terminate()
        assert ends_with(process) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs prlimit and /proc")
def test_too_many_clients_neither_spin_nor_end_it() -> None:
    import resource

    with running() as (process, port), contextlib.ExitStack() as clients:
        open_now = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (open_now + 2, open_now + 2))
        served = [clients.enter_context(connect(port)) for _ in range(2)]
        waiting = clients.enter_context(connect(port))
        for client in (*served, waiting):
            client.sendall(b"x\n")
        assert [receive(client, 2) for client in served] == [b"x\n", b"x\n"]
        before = cpu_ticks(process.pid)
        time.sleep(0.5)
        assert cpu_ticks(process.pid) - before < 10  # hundredths of a second
        for client in served:
            client.close()
        assert receive(waiting, 2) == b"x\n"  # accepted once there was room


def cpu_ticks(process_id: int) -> int:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
