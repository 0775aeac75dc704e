"""Connections that have asked once and stay."""

from __future__ import annotations

from functools import partial

from etesian.bench.contender import Contender, Suite
from etesian.bench.idle import idle


def _server(name: str, program: str, *needs: str) -> Contender:
    return Contender(f"{name}, uvloop", partial(idle, program), (*needs, "uvloop"))


SUITE = Suite(
    title="10,000 connections that have each been answered once and are kept open",
    unit="connection",
    baselines=("tornado, uvloop", "uvicorn, uvloop"),
    contenders=(
        _server("etesian", "etesian_delegate"),
        _server("etesian web", "etesian_web"),
        _server("tornado", "tornado_delegate", "tornado"),
        _server("tornado web", "tornado_web", "tornado"),
        _server("aiohttp", "aiohttp_web", "aiohttp"),
        _server("uvicorn", "uvicorn_asgi", "uvicorn", "httptools"),
    ),
    memory="KiB/connection",
)
