from __future__ import annotations

import socket
from os import getpid
from threading import Thread

import pytest

from etesian.bench.line_load import LineLoad
from etesian.bench.server_process import ServerProcess, server_process
from etesian.bench.suites import load_suites, tcp
from etesian.bench.wrk import LoadError


@pytest.mark.parametrize("program", ["etesian", "asyncio", "tornado", "protocol"])
def test_every_line_comes_back(program):
    if program == "tornado":
        pytest.importorskip("tornado")
    with server_process(f"lines_{program}", uvloop=False) as server:
        load = LineLoad(server, lines=16, size=1000)
        assert load.answer() == (b"x" * 999 + b"\n") * 16
        sample = load.measure(0.2)
    assert sample.rate > 100
    # One core cannot give more than a second of work in a second, and it is read in 10 ms.
    assert 0 < sample.cpu_us * sample.rate <= 1.3e6


def test_a_connection_that_breaks_is_no_measurement():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        closing = Thread(target=lambda: [listening.accept()[0].close() for _ in range(64)])
        closing.start()
        server = ServerProcess(getpid(), listening.getsockname()[1])
        with pytest.raises(LoadError, match="a connection broke"):
            LineLoad(server, lines=1, size=10).measure(0.2)
        closing.join()


def test_the_cases_differ_in_lines_in_flight_and_in_size():
    titles = {each.title for each in load_suites("tcp")}
    assert len(titles) == len(tcp.CASES) == 4


def test_each_contender_of_a_case_gives_the_same_back():
    answers = set()
    for each in tcp.SUITES[1].contenders:
        if not each.missing():
            with each.start() as running:
                answers.add(running.answer())
    assert answers == {(b"x" * 31 + b"\n") * 16}
