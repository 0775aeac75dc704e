"""Giving back lines over TCP: few and many in flight, short and long."""

from __future__ import annotations

from functools import partial

from etesian.bench.contender import Contender, Suite
from etesian.bench.line_load import LineLoad
from etesian.bench.served import served
from etesian.bench.wrk import CONNECTIONS

# Lines in flight on a connection, and the bytes of each: a dialogue and a pipeline, of commands
# and of documents.
CASES = ((1, 32), (16, 32), (1, 16 * 1024), (16, 16 * 1024))


def _suite(lines: int, size: int) -> Suite:
    load = partial(LineLoad, lines=lines, size=size)

    def server(name: str, *needs: str, uvloop: bool = False) -> Contender:
        return served(name, f"lines_{name}", *needs, uvloop=uvloop, load=load)

    return Suite(
        title=f"{CONNECTIONS} connections, {lines} lines of {size} bytes in flight on each",
        unit="line",
        baselines=("tornado", "asyncio", "asyncio, uvloop"),
        contenders=(
            server("etesian", uvloop=True),
            server("etesian"),
            server("tornado", "tornado", uvloop=True),
            server("tornado", "tornado"),
            server("asyncio", uvloop=True),
            server("asyncio"),
            server("protocol", uvloop=True),
        ),
    )


SUITES = tuple(_suite(lines, size) for lines, size in CASES)
