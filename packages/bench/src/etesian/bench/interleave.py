"""Contenders taking turns, so that a disturbance of the machine meets them all alike."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from etesian.bench.contender import Contender, Sample

# Long enough for caches to fill and for adaptive code to be specialised.
WARM_UP = 0.5


class DifferentAnswerError(Exception):
    """Two contenders do not do the same thing, so that comparing them says nothing."""


def interleave(
    contenders: Sequence[Contender],
    *,
    seconds: float,
    rounds: int,
    progress: Callable[[str], None],
) -> dict[str, list[Sample]]:
    """Measure each contender once per round; give its samples by its name.

    All are started first and stay ready, idle, while another one works.
    Raises :class:`DifferentAnswerError` when they do not agree on the answer.
    """
    samples: dict[str, list[Sample]] = {each.name: [] for each in contenders}
    with ExitStack() as stack:
        running = {each.name: stack.enter_context(each.start()) for each in contenders}
        _compare({name: each.answer() for name, each in running.items()})
        for each in running.values():
            each.measure(WARM_UP)
        for number in range(1, rounds + 1):
            for name, each in running.items():
                progress(f"round {number} of {rounds}: {name}")
                samples[name].append(each.measure(seconds))
    return samples


def _compare(answers: dict[str, bytes]) -> None:
    (first, expected), *others = answers.items()
    for name, answer in others:
        if answer != expected:
            raise DifferentAnswerError(
                f"{name} answers {answer[:80]!r}, {first} answers {expected[:80]!r}"
            )
