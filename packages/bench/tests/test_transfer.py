from __future__ import annotations

import os
import sys

import pytest

from etesian.bench import idle
from etesian.bench.command import main
from etesian.bench.idle import Idle
from etesian.bench.programs import download
from etesian.bench.server_process import ServerProcess, server_process
from etesian.bench.transfer import PIECE, SIZE, Download, Transfer, Upload
from etesian.bench.wrk import LoadError


@pytest.mark.parametrize(
    ("direction", "answer"), [(Upload, b"100000000"), (Download, b"100000000")]
)
def test_measures_megabytes_and_memory(direction, answer):
    with server_process("etesian_delegate", uvloop=False) as server:
        load = direction(server)
        assert load.answer() == answer
        sample = load.measure(0.01)
    assert sample.rate > 10
    # The body passes through; kept, it would be a hundred thousand.
    assert 0 <= sample.memory_kib < 20_000


def test_all_send_a_piece_that_begins_on_a_cache_line():
    assert len(download.PIECES[0]) == PIECE
    assert (id(download.PIECES[0]) + sys.getsizeof(b"") - 1) % 64 == 0
    assert sum(map(len, download.PIECES)) == SIZE


def test_a_transfer_that_comes_to_something_else_is_no_measurement():
    class Broken(Transfer):
        answers = [b"1", b"2"]  # noqa: RUF012 - one test's

        def _transfer(self):
            return self.answers.pop(0)

    with pytest.raises(LoadError, match="came to b'2'"):
        Broken(ServerProcess(os.getpid(), 0)).measure(1)


def test_measures_the_memory_of_idle_connections(monkeypatch):
    monkeypatch.setattr(idle, "CONNECTIONS", 500)
    sample = Idle("etesian_delegate", idle.HTTP, uvloop=False).measure(1)
    assert sample.rate > 50
    assert 0.2 < sample.memory_kib < 50


def test_shows_memory_in_a_column_of_its_own(capsys, monkeypatch):
    monkeypatch.setattr(idle, "CONNECTIONS", 100)
    assert main(["http_idle", "--seconds=1", "--rounds=1"]) == 0
    _, head, *rows = capsys.readouterr().out.strip().split("\n")
    assert "KiB/connection" in head
    assert len(rows) >= 2
