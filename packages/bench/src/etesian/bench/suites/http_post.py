"""A body of 1 KiB there and back."""

from __future__ import annotations

from functools import partial

from etesian.bench.contender import Suite
from etesian.bench.served import delegates
from etesian.bench.wrk import HTTPLoad

SUITE = Suite(
    title="A body of 1 KiB, posted to a bare delegate and sent back",
    unit="request",
    baselines=("tornado, uvloop", "uvicorn, uvloop"),
    contenders=delegates(partial(HTTPLoad, post_size=1024)),
)
