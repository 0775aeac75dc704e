from __future__ import annotations

from etesian.bench.contender import Sample
from etesian.bench.report import table


def test_shows_medians_spread_and_ratios_the_fastest_first():
    samples = {
        "slow": [Sample(100, 50), Sample(110, 60), Sample(90, 40)],
        "fast": [Sample(1000, 5), Sample(1234.4, 5.55), Sample(2000, 6)],
    }
    assert table(samples, unit="request", baselines=["slow", "absent"]).split("\n") == [
        "      request/s  spread  cpu us/request  x slow",
        "fast      1,234    81 %             5.5   12.34",
        "slow        100    20 %            50.0    1.00",
    ]


def test_shows_how_busy_the_server_was_where_that_is_known():
    samples = {
        "a": [Sample(100, 5, server_share=20), Sample(100, 5, server_share=40)],
        "b": [Sample(50, 9)],
    }
    assert table(samples, unit="fetch", baselines=[]).split("\n") == [
        "   fetch/s  spread  cpu us/fetch  server busy",
        "a      100     0 %           5.0         30 %",
        "b       50     0 %           9.0            -",
    ]
