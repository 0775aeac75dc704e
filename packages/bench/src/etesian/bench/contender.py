"""What takes part in a measurement, and what is measured of it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


@dataclass(frozen=True)
class Sample:
    """One stretch of work: operations per second, and processor time per operation.

    ``cpu_us`` is in microseconds, user and system together, of the process
    that is measured and not of the one that makes the load. It depends far
    less on what else the machine is doing than ``rate`` does.

    ``memory_kib`` is what the suite's ``memory`` says, where it says anything.

    ``server_share`` is told where a client is measured: how busy the server
    was with it, in per cent of one core. Near 100 it is the server that says
    the rate.
    """

    rate: float
    cpu_us: float
    memory_kib: float | None = None
    server_share: float | None = None


class Running(Protocol):
    """A contender that is ready for work."""

    def answer(self) -> bytes:
        """Give what one operation yields, so that contenders can be compared."""
        ...

    def measure(self, seconds: float) -> Sample:
        """Work for that long."""
        ...


@dataclass(frozen=True)
class Contender:
    """A named way of doing the suite's one thing.

    ``start`` makes it ready and, at the end, ends it. ``needs`` are the
    modules without which it cannot take part.
    """

    name: str
    start: Callable[[], AbstractContextManager[Running]]
    needs: tuple[str, ...] = ()

    def missing(self) -> list[str]:
        """Give the modules that are needed and not installed."""
        return [name for name in self.needs if find_spec(name) is None]


@dataclass(frozen=True)
class Suite:
    """One thing that contenders do, each in its own way.

    ``title`` says what it is, ``unit`` names one piece of it, and ``baselines``
    are the contenders that the others are compared with. ``memory`` heads the
    column of the samples' ``memory_kib``; without it there is none. ``by_cpu``
    says that processor time is compared and not the rate. Where ``not_peers``
    are named, all others are compared with the best of those that are peers.
    """

    title: str
    unit: str
    baselines: tuple[str, ...]
    contenders: tuple[Contender, ...]
    memory: str = ""
    by_cpu: bool = False
    not_peers: tuple[str, ...] = ()
