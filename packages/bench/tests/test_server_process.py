from __future__ import annotations

import os
import socket
import time
from urllib.request import urlopen

import pytest

from etesian.bench.cores import server_core
from etesian.bench.server_process import server_process


@pytest.mark.parametrize("uvloop", [False, True], ids=["asyncio", "uvloop"])
def test_serves_hello_on_its_own_core_until_the_block_ends(uvloop):
    with server_process("etesian_web", uvloop=uvloop) as server:
        with urlopen(f"http://127.0.0.1:{server.port}/", timeout=10) as response:
            assert response.status == 200
            assert response.read() == b"Hello, world!"
        assert os.sched_getaffinity(server.pid) == {server_core()}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_counts_the_processor_time_of_the_server_alone():
    with server_process("etesian_web", uvloop=False) as server:
        urlopen(f"http://127.0.0.1:{server.port}/", timeout=10).close()
        started = server.cpu_seconds()
        assert started > 0
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass
        assert server.cpu_seconds() - started < 0.1
