from __future__ import annotations

import pytest

from etesian.bench.command import main
from etesian.bench.contender import Sample
from etesian.bench.suites import client
from etesian.bench.wrk import LoadError


@pytest.fixture
def ours_alone(monkeypatch):
    """Take the peers out, which need not be installed."""
    monkeypatch.setattr(client, "CLIENTS", client.CLIENTS[:1])
    monkeypatch.setattr(client, "SUITES", tuple(map(client._suite, client.CASES)))
    return client.SUITES


def test_measures_clients(ours_alone, capsys):
    assert main(["client", "--seconds=0.05", "--rounds=1"]) == 0
    lines = capsys.readouterr().out.strip().split("\n")
    assert [line.split(" of ")[0] for line in lines if "at once" in line] == [
        "1 fetch at once",
        "50 fetches at once",
    ]
    assert lines[1].split()[:2] == ["fetch/s", "spread"]
    assert "server busy" in lines[1]
    assert [line.split("  ")[0] for line in lines].count("etesian") == 2


@pytest.mark.parametrize("at_once", client.CASES)
def test_fetches_that_the_server_did_not_see_end_the_run(ours_alone, monkeypatch, at_once):
    suite = ours_alone[client.CASES.index(at_once)]
    with suite.contenders[0].start() as running:
        sample = running.measure(0.05)
        assert isinstance(sample, Sample)
        assert sample.server_share is not None

        async def pretend():
            return b"Hello, world!"

        monkeypatch.setattr(running, "_fetch", pretend)
        with pytest.raises(LoadError, match="but 0 at the server"):
            running.measure(0.05)


def test_every_client_gives_the_body():
    for contender in client.SUITES[0].contenders:
        if not contender.missing():
            with contender.start() as running:
                assert running.answer() == b"Hello, world!", contender.name
