"""Contenders that are programs of ``etesian.bench.programs``, each a process under some load."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from etesian.bench.contender import Contender
from etesian.bench.server_process import server_process
from etesian.bench.wrk import HTTPLoad

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etesian.bench.contender import Running
    from etesian.bench.server_process import ServerProcess

    Load = Callable[[ServerProcess], Running]


@contextmanager
def _serving(program: str, load: Load, *, uvloop: bool) -> Iterator[Running]:
    with server_process(program, uvloop=uvloop) as server:
        yield load(server)


def served(
    name: str, program: str, *needs: str, uvloop: bool = False, load: Load = HTTPLoad
) -> Contender:
    """Give the contender that runs ``program`` on asyncio's own loop or on uvloop."""
    if uvloop:
        name, needs = f"{name}, uvloop", (*needs, "uvloop")
    return Contender(name, partial(_serving, program, load, uvloop=uvloop), needs)


def delegates(load: Load = HTTPLoad) -> tuple[Contender, ...]:
    """Give what is below any framework: a bare delegate here and there, and a bare ASGI function.

    Each answers a body with the same body, and no body with a greeting.
    """
    return (
        served("etesian", "etesian_delegate", uvloop=True, load=load),
        served("etesian", "etesian_delegate", load=load),
        served("tornado", "tornado_delegate", "tornado", uvloop=True, load=load),
        served("uvicorn", "uvicorn_echo", "uvicorn", "httptools", uvloop=True, load=load),
    )
