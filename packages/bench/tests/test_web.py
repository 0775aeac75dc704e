from __future__ import annotations

import pytest

from etesian.bench import site
from etesian.bench.contender import Sample
from etesian.bench.leak import measure, mixture
from etesian.bench.report import table
from etesian.bench.suites import web
from etesian.bench.wrk import LoadError


def _ours(case):
    suite = next(each for each in web.SUITES if each.title.endswith(f": {site.CASES[case].path}"))
    return next(each for each in suite.contenders if each.name == "etesian")


@pytest.mark.parametrize("case", site.CASES)
def test_our_program_answers_every_case(case):
    with _ours(case).start() as running:
        answer = running.answer()
    assert len(answer) == {"post": 1024, "file": 100 * 1024}.get(case, len(answer))
    assert answer.startswith(
        {
            "json": b'{"message": "Hello, world!"}',
            "parameter": b"alice",
            "post": b"xxx",
            "page": b"<html><head><title>Prices&amp;offers</title>",
            "file": bytes(range(256)),
        }.get(case, b"Hello, world!")
    )


def test_an_answer_of_another_type_is_none():
    case = site.Case("JSON", "/json", "text/csv")
    with (
        web.site("etesian", "web_etesian", case=case).start() as running,
        pytest.raises(LoadError, match="is application/json, expected text/csv"),
    ):
        running.answer()


def test_compares_processor_time_and_finds_the_best_peer():
    samples = {
        "etesian": [Sample(rate=10, cpu_us=10)],
        "good": [Sample(rate=50, cpu_us=20)],
        "bad": [Sample(rate=90, cpu_us=40)],
        "floor": [Sample(rate=99, cpu_us=5)],
    }
    shown = table(samples, unit="x", baselines=["bad"], by_cpu=True, not_peers=["etesian", "floor"])
    head, *rows = [line.split() for line in shown.split("\n")]
    assert head[-5:] == ["x", "bad", "x", "best", "(good)"]
    assert [(row[0], *row[-2:]) for row in rows] == [
        ("floor", "8.00", "4.00"),
        ("etesian", "4.00", "2.00"),
        ("good", "2.00", "1.00"),
        ("bad", "1.00", "0.50"),
    ]


def test_asks_for_everything_and_says_what_is_resident():
    said = []
    more = measure(400, 200, said.append)
    assert [line.split()[0] for line in said] == ["200", "400"]
    resident = [int(line.split()[2].replace(",", "")) for line in said]
    assert more == resident[1] - resident[0]
    assert len(mixture()) == len(site.CASES) + 1
