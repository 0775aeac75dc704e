"""Hello, world over HTTP/1.1."""

from __future__ import annotations

from etesian.bench.contender import Suite
from etesian.bench.served import served

SUITE = Suite(
    title="Hello, world over HTTP/1.1, on connections that ask again once they are answered",
    unit="request",
    baselines=("tornado", "uvicorn, uvloop"),
    contenders=(
        served("etesian", "etesian_web", uvloop=True),
        served("etesian", "etesian_web"),
        served("tornado", "tornado_web", "tornado", uvloop=True),
        served("tornado", "tornado_web", "tornado"),
        served("aiohttp", "aiohttp_web", "aiohttp", uvloop=True),
        served("uvicorn", "uvicorn_asgi", "uvicorn", "httptools", uvloop=True),
    ),
)
