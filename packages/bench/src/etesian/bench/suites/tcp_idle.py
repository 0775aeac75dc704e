"""Connections that have sent one line, got it back, and stay."""

from __future__ import annotations

from functools import partial

from etesian.bench.contender import Contender, Suite
from etesian.bench.idle import LINE, idle


def _server(name: str, *needs: str, uvloop: bool = False) -> Contender:
    start = partial(idle, f"lines_{name}", LINE, uvloop=uvloop)
    if uvloop:
        name, needs = f"{name}, uvloop", (*needs, "uvloop")
    return Contender(name, start, needs)


SUITE = Suite(
    title="10,000 connections that wait for a line",
    unit="connection",
    baselines=("asyncio", "asyncio, uvloop"),
    contenders=(
        _server("etesian", uvloop=True),
        _server("etesian"),
        _server("asyncio", uvloop=True),
        _server("asyncio"),
        _server("tornado", "tornado", uvloop=True),
        _server("tornado", "tornado"),
        _server("protocol", uvloop=True),
    ),
    memory="KiB/connection",
)
