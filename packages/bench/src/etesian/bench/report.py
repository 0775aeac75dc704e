"""Samples as a table that a person reads."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from etesian.bench.contender import Sample


def table(
    samples: Mapping[str, Sequence[Sample]],
    *,
    unit: str,
    baselines: Sequence[str],
    memory: str = "",
    by_cpu: bool = False,
    not_peers: Collection[str] = (),
) -> str:
    """Give a line for each contender, the fastest first; the thriftiest with ``by_cpu``.

    Rate and time are medians; the spread is from the slowest to the fastest
    round, in per cent of the median. Memory, under the heading ``memory``, is
    that of the round that took most; how busy a server was is a median, where
    it is known. Beside them, for each baseline that took part, how many times
    its rate, or with ``by_cpu`` its operations in the same processor time; and
    the same for the best of those that are not among ``not_peers``, where any are.
    """
    present = [name for name in baselines if name in samples]
    extra = [memory] if memory else []
    busy = any(each.server_share is not None for of in samples.values() for each in of)
    served = ["server busy"] if busy else []
    rates = {name: median(each.rate for each in of) for name, of in samples.items()}
    costs = {name: median(each.cpu_us for each in of) for name, of in samples.items()}
    speeds = {name: 1 / max(cost, 1e-9) for name, cost in costs.items()} if by_cpu else rates
    peers = [name for name in samples if name not in not_peers] if not_peers else []
    best = [max(peers, key=speeds.__getitem__)] if peers else []
    compared = [f"x {name}" for name in present] + [f"x best ({name})" for name in best]
    head = ["", f"{unit}/s", "spread", f"cpu us/{unit}", *extra, *served, *compared]
    rows = [
        [
            name,
            f"{rates[name]:,.0f}",
            f"{_spread(samples[name]):.0f} %",
            f"{costs[name]:.1f}",
            *(_most_memory(samples[name]) for _ in extra),
            *(_server_share(samples[name]) for _ in served),
            *(f"{speeds[name] / speeds[baseline]:.2f}" for baseline in [*present, *best]),
        ]
        for name in sorted(speeds, key=speeds.__getitem__, reverse=True)
    ]
    return _aligned([head, *rows])


def _spread(samples: Sequence[Sample]) -> float:
    rates = [each.rate for each in samples]
    return 100 * (max(rates) - min(rates)) / median(rates)


def _most_memory(samples: Sequence[Sample]) -> str:
    known = [each.memory_kib for each in samples if each.memory_kib is not None]
    return f"{max(known):,.1f}" if known else "-"


def _server_share(samples: Sequence[Sample]) -> str:
    known = [each.server_share for each in samples if each.server_share is not None]
    return f"{median(known):.0f} %" if known else "-"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        [row[0].ljust(widths[0])]
        + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        for row in rows
    )
    return "\n".join("  ".join(line) for line in lines)
