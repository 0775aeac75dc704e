"""Hello, world over HTTP/1.1."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from etesian.bench.contender import Contender, Suite
from etesian.bench.server_process import server_process
from etesian.bench.wrk import HTTPLoad

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.bench.contender import Running


@contextmanager
def _serving(program: str, *, uvloop: bool) -> Iterator[Running]:
    with server_process(program, uvloop=uvloop) as server:
        yield HTTPLoad(server)


def _server(name: str, program: str, *needs: str, uvloop: bool = False) -> Contender:
    if uvloop:
        name, needs = f"{name}, uvloop", (*needs, "uvloop")
    return Contender(name, partial(_serving, program, uvloop=uvloop), needs)


SUITE = Suite(
    title="Hello, world over HTTP/1.1, on connections that ask again once they are answered",
    unit="request",
    baselines=("tornado", "uvicorn, uvloop"),
    contenders=(
        _server("etesian", "etesian_web", uvloop=True),
        _server("etesian", "etesian_web"),
        _server("tornado", "tornado_web", "tornado", uvloop=True),
        _server("tornado", "tornado_web", "tornado"),
        _server("aiohttp", "aiohttp_web", "aiohttp", uvloop=True),
        _server("uvicorn", "uvicorn_asgi", "uvicorn", "httptools", uvloop=True),
    ),
)
