"""The numbered statements of ``docs/spec``, by area."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BEHAVIOUR = re.compile(r"^- \*\*(B-[A-Z0-9]+-\d+)\*\* (.*)$", re.MULTILINE)
ATTACK = re.compile(r"^\| (S\d+) \|", re.MULTILINE)
SECTION = re.compile(r"^### ([A-Z])\. ", re.MULTILINE)
BRIDGE_MARK = "**bridge**"
NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True)
class Catalogue:
    """``areas`` maps the name of an area to its ids in order; no id is in two areas.

    ``loop`` holds what the package itself must do, ``loop-bridge`` what only
    the bridge must do, and ``attacks-a`` the attack cases of section A.
    ``complete`` names the areas of which every statement must have a passing test.
    """

    areas: dict[str, tuple[str, ...]]
    complete: frozenset[str]

    def ids(self) -> set[str]:
        """Every known id."""
        return {each for ids in self.areas.values() for each in ids}


def read_catalogue(folder: Path) -> Catalogue:
    """Read ``behaviours-*.md``, ``attacks.md`` and ``complete.txt``.

    Raises ``ValueError`` for an id that stands twice, and for a complete area
    that does not exist.
    """
    areas: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("behaviours-*.md")):
        area = path.stem.removeprefix("behaviours-")
        found = BEHAVIOUR.findall(path.read_text())
        areas[area] = tuple(each for each, text in found if BRIDGE_MARK not in text)
        areas[f"{area}-bridge"] = tuple(each for each, text in found if BRIDGE_MARK in text)
    _, *sections = SECTION.split((folder / "attacks.md").read_text())
    for letter, text in zip(sections[::2], sections[1::2], strict=True):
        areas[f"attacks-{letter.lower()}"] = tuple(ATTACK.findall(text))
    areas = {area: ids for area, ids in areas.items() if ids}
    _refuse_duplicates(each for ids in areas.values() for each in ids)
    complete = _read_names(folder / "complete.txt")
    if complete - areas.keys():
        raise ValueError(f"complete.txt: no such area: {sorted(complete - areas.keys())}")
    return Catalogue(areas, complete)


def compact(ids: Iterable[str]) -> str:
    """Give ids as ranges of their numbers: ``003, 017-021``."""
    numbers = sorted(NUMBER.findall(each)[0] for each in ids)
    runs = groupby(enumerate(numbers), key=lambda pair: int(pair[1]) - pair[0])
    ranges = [[number for _, number in run] for _, run in runs]
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in ranges)


def _refuse_duplicates(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise ValueError(f"{each} stands twice")
        seen.add(each)


def _read_names(path: Path) -> frozenset[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().split("\n"))
    return frozenset(line for line in lines if line)
