"""A large body on its way out, made while it is sent."""

from __future__ import annotations

from etesian.bench.contender import Suite
from etesian.bench.served import delegates
from etesian.bench.transfer import Download

SUITE = Suite(
    title="Downloads of 100 MB, written in pieces of 64 KiB",
    unit="MB",
    baselines=("tornado, uvloop", "uvicorn, uvloop"),
    contenders=delegates(Download),
    memory="KiB more",
)
