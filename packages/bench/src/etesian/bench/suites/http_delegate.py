"""Hello, world below any framework."""

from __future__ import annotations

from etesian.bench.contender import Suite
from etesian.bench.served import delegates

SUITE = Suite(
    title="Hello, world from a bare delegate, or a bare ASGI function",
    unit="request",
    baselines=("tornado, uvloop", "uvicorn, uvloop"),
    contenders=delegates(),
)
