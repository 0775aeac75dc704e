"""What the contracts are checked on: every package of the repository, read from the tree."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[4]
# Nobody may import the composition roots, so they have nothing to promise to anybody.
WITHOUT_INTERFACE = {"bench", "cli"}


@dataclass(frozen=True)
class Package:
    """One folder of ``packages``."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def module(self) -> str:
        """The one importable name that the distribution adds to ``etesian``."""
        return "cli" if self.name == "etesian" else self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.folder / "src" / "etesian" / self.module

    @property
    def interface(self) -> Path:
        return self.source / "interface.py"

    @property
    def extras(self) -> set[str]:
        """The distributions that some of the package's names need, and may be absent."""
        lines = self.project.get("optional-dependencies", {}).values()
        return {Requirement(line).name for group in lines for line in group}

    @cached_property
    def project(self) -> dict[str, object]:
        return tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]

    def trees(self) -> dict[Path, ast.Module]:
        """Every module of the package, parsed."""
        return {path: ast.parse(path.read_text()) for path in sorted(self.source.rglob("*.py"))}

    def __str__(self) -> str:
        return self.name


PACKAGES = [Package(path.parent) for path in sorted(ROOT.glob("packages/*/pyproject.toml"))]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the golden surfaces")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def packages() -> list[Package]:
    return PACKAGES


@pytest.fixture(params=PACKAGES, ids=str)
def package(request: pytest.FixtureRequest) -> Package:
    return request.param


@pytest.fixture(params=[each for each in PACKAGES if each.module not in WITHOUT_INTERFACE], ids=str)
def sibling(request: pytest.FixtureRequest) -> Package:
    """A package that others may import, through its interface."""
    return request.param


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every file that is part of the repository, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - wherever git is
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
    )
    return [Path(name) for name in listed.stdout.split("\0") if name and (root / name).exists()]
