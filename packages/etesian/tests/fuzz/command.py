"""Fuzz the targets of all packages: ``command.py [NAME...] [--minutes M]``.

A name selects every target that starts with it. The minutes are shared among the targets, two of
which run at a time at most. The last line tells how many inputs were tried and what was found; the
exit status is 1 where anything was.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[4]
GROWN = ROOT / ".fuzz"
CHILD = Path(__file__).with_name("child.py")
# Longer inputs say little that shorter ones do not, and cost the fuzzer its speed.
MAX_LENGTH = 2048
# Seconds that one input may take, and MiB that a target may use, before that is a finding.
MAX_SECONDS, MAX_MEMORY = 10, 2048

_RUNS = re.compile(r"stat::number_of_executed_units:\s*([0-9]+)")


@dataclass(frozen=True)
class Outcome:
    """What became of one target: inputs tried, and the file of what was found, if anything."""

    name: str
    runs: int
    finding: str | None


def targets() -> dict[str, Path]:
    """Give the targets by name: the modules of every ``fuzz`` folder that have a corpus."""
    corpora = sorted(ROOT.glob("packages/*/fuzz/corpus/*/"))
    return {folder.name: folder.parents[1] / f"{folder.name}.py" for folder in corpora}


def fuzz(name: str, path: Path, seconds: int) -> Outcome:
    """Run one target for a time; what it learns is kept in ``.fuzz``."""
    grown, log = GROWN / name, GROWN / f"{name}.log"
    grown.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        str(CHILD),
        str(path),
        str(grown),
        str(path.parent / "corpus" / name),
    ]
    command += [f"-max_total_time={seconds}", f"-max_len={MAX_LENGTH}", "-print_final_stats=1"]
    command += [f"-timeout={MAX_SECONDS}", f"-rss_limit_mb={MAX_MEMORY}"]
    command += [f"-artifact_prefix={GROWN}/{name}-"]
    with log.open("wb") as output:
        code = subprocess.run(command, stdout=output, stderr=output, check=False).returncode
    said = log.read_text("utf-8", "replace")
    runs = _RUNS.search(said)
    outcome = Outcome(name, int(runs[1]) if runs else 0, _finding(said, log) if code else None)
    print(f"{name}: {outcome.runs:,} inputs, {outcome.finding or 'nothing found'}", flush=True)
    return outcome


def _finding(said: str, log: Path) -> str:
    written = re.search(r"Test unit written to (\S+)", said)
    return f"found {written[1] if written else 'an error'}; see {log}"


def main() -> int:
    """Fuzz what the command line selects."""
    parser = argparse.ArgumentParser(description="Fuzz the parsers.")
    parser.add_argument("names", nargs="*", help="beginnings of the names of targets")
    parser.add_argument("--minutes", type=float, default=5, help="altogether (default: 5)")
    arguments = parser.parse_args()
    chosen = {
        name: path
        for name, path in targets().items()
        if not arguments.names or name.startswith(tuple(arguments.names))
    }
    if not chosen:
        parser.error(f"no such target; there are: {', '.join(targets())}")
    at_once = min(2, len(os.sched_getaffinity(0)))
    seconds = max(1, round(60 * arguments.minutes * min(at_once, len(chosen)) / len(chosen)))
    with ThreadPoolExecutor(at_once) as pool:
        outcomes = list(pool.map(lambda item: fuzz(*item, seconds), chosen.items()))
    found = [outcome.name for outcome in outcomes if outcome.finding]
    runs = sum(outcome.runs for outcome in outcomes)
    print(
        f"fuzz: {len(outcomes)} targets, {seconds} s each, {runs:,} inputs, "
        f"{len(found)} findings{': ' if found else ''}{', '.join(found)}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
