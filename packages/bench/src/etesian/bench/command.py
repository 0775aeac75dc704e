"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import platform
import sys
from functools import partial
from typing import TYPE_CHECKING

from etesian.bench.interleave import DifferentAnswerError, interleave
from etesian.bench.leak import measure as measure_leak
from etesian.bench.report import table
from etesian.bench.suites import NAMES, load_suites
from etesian.bench.wrk import LoadError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etesian.bench.contender import Contender, Suite


# What is no suite, because nothing is compared.
_LEAK = "web_leak"
_REQUESTS = 1_000_000
_STEP = 50_000
# Python takes memory from the system by arenas of a MiB, and may need another one or two for what
# lies in between; a leak of the smallest object, of 16 octets, at every eighth request is more.
_FLAT_KIB = 2 * 1024


def main(argv: Sequence[str] | None = None) -> int:
    """Measure a suite, print its table, and give the exit status.

    1 means that there is nothing to compare, and a line on stderr says why. A
    peer that is not installed is named and left out.
    """
    arguments = _parser().parse_args(argv)
    try:
        if arguments.suite == _LEAK:
            return _measure_leak()
        for suite in load_suites(arguments.suite):
            _measure(suite, seconds=arguments.seconds, rounds=arguments.rounds)
    except (DifferentAnswerError, LoadError) as error:
        _say(f"etesian.bench: {error}")
        return 1
    return 0


def _measure_leak() -> int:
    print(f"Requests of every kind, Python {platform.python_version()}, and what is resident:")
    more = measure_leak(_REQUESTS, _STEP, partial(print, flush=True))
    verdict = "flat" if more <= _FLAT_KIB else "NOT flat"
    print(f"{more:+,} KiB since the first {_STEP:,}: {verdict} (no more than {_FLAT_KIB:,} KiB)")
    return 0 if more <= _FLAT_KIB else 1


def _measure(suite: Suite, *, seconds: float, rounds: int) -> None:
    contenders = _present(suite.contenders)
    samples = interleave(contenders, seconds=seconds, rounds=rounds, progress=_say)
    print(f"{suite.title}. Python {platform.python_version()}, median of {rounds}:")
    shown = table(
        samples,
        unit=suite.unit,
        baselines=suite.baselines,
        memory=suite.memory,
        by_cpu=suite.by_cpu,
        not_peers=suite.not_peers,
    )
    print(shown, flush=True)


def _present(contenders: Sequence[Contender]) -> list[Contender]:
    for each in contenders:
        if missing := each.missing():
            _say(f"left out: {each.name}, without {', '.join(missing)}")
    return [each for each in contenders if not each.missing()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m etesian.bench",
        description="Measure Etesian beside its peers, in turns, on one machine.",
    )
    parser.add_argument("suite", choices=(*NAMES, _LEAK))
    parser.add_argument(
        "--seconds", type=float, default=3, help="of work, each time (default: %(default)s)"
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="times for each (default: %(default)s)"
    )
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
