"""A large body on its way in, which nobody keeps."""

from __future__ import annotations

from etesian.bench.contender import Suite
from etesian.bench.served import delegates
from etesian.bench.transfer import Upload

SUITE = Suite(
    title="Uploads of 100 MB, thrown away as they come",
    unit="MB",
    baselines=("tornado, uvloop", "uvicorn, uvloop"),
    contenders=delegates(Upload),
    memory="KiB more",
)
