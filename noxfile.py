"""Everything that is done to this repository, as sessions; ``nox -l`` lists them.

``pip install nox`` on a bare Python 3.11 is all they need. What a session installs is written in
``[dependency-groups]``: of a package for its tests, of the root ``pyproject.toml`` for the tools.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import nox
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests"]

ROOT = Path(__file__).parent
WHEELHOUSE = ROOT / ".wheelhouse"
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
# What is tested alone: each package, and the client without and with its libcurl.
ALONE = sorted([*PACKAGES, "http-wire[curl]"])
# They answer for the repository as a whole, in sessions of their own.
REPOSITORY_TESTS = ("packages/etesian/tests/contracts", "packages/etesian/tests/spec")
BROWSER_TESTS = "examples/chat/tests/test_browser.py"
# Example -> the only thing it is installed with. The first four are the ways in that the README
# promises: the engine alone, the loop alone, the loop and streams, everything.
EXAMPLES = {
    "template_only": "templates",
    "tcp_daemon": "core-loop",
    "tcp_server": "streams",
    "hello_world": "etesian",
    "chat": "etesian",
}


def selected(names: Iterable[str]) -> list[str]:
    """Give the names that stand after ``--`` on the command line, or all if none does.

    The name of a package stands for it with extras too.
    """
    words = sys.argv[sys.argv.index("--") :] if "--" in sys.argv else []
    return [name for name in names if {name, without_extras(name)} & {*words}] or list(names)


def without_extras(name: str) -> str:
    """Give ``http-wire`` for ``http-wire[curl]``."""
    return name.partition("[")[0]


@nox.session
def demo(session: nox.Session) -> None:
    """Serve the chat on http://localhost:8888 (``-- --port 9000``) until Ctrl-C."""
    install_packages(session, ["uvloop"])
    session.run("python", "examples/chat/server.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests of all packages in one environment (``-- packages/web -k cookie``)."""
    install_packages(session, test_groups())
    session.run("pytest", *ignored(REPOSITORY_TESTS), *session.posargs)


@nox.session(venv_backend="virtualenv")
def build(session: nox.Session) -> None:
    """Build the wheels, and gather those that they and their tests need, in ``.wheelhouse``."""
    for old in WHEELHOUSE.glob("etesian*.whl"):
        old.unlink()
    session.install("hatchling", "setuptools")
    packages = [str(ROOT / "packages" / name) for name in PACKAGES]
    options = ["--quiet", "--no-build-isolation", f"--wheel-dir={WHEELHOUSE}"]
    needed = [*packages, *test_groups(), *group("examples")]
    session.run("python", "-m", "pip", "wheel", *options, *needed)


@nox.session(reuse_venv=False, requires=["build"])
@nox.parametrize("package", selected(ALONE), ids=selected(ALONE))
def isolated(session: nox.Session, package: str) -> None:
    """Test one wheel with nothing but its declared dependencies (``-- core-loop`` selects).

    What has compiled modules is tested without them too.
    """
    folder = without_extras(package)
    install_alone(session, package, [*group("pytest"), *group("test", folder)])
    run_elsewhere(session, f"packages/{folder}/tests", *ignored(REPOSITORY_TESTS))
    if (ROOT / "packages" / folder / "hatch_build.py").exists():
        pure = {"ETESIAN_PURE_PYTHON": "1"}
        run_elsewhere(session, f"packages/{folder}/tests", env=pure)


@nox.session(reuse_venv=False, requires=["build"])
@nox.parametrize("example", selected(EXAMPLES), ids=selected(EXAMPLES))
def examples(session: nox.Session, example: str) -> None:
    """Run an example on the one wheel it says it needs (``-- tcp_daemon`` selects)."""
    install_alone(session, EXAMPLES[example], [*group("pytest"), *group("examples")])
    run_elsewhere(session, f"examples/{example}", *ignored([BROWSER_TESTS]))


@nox.session
def browser(session: nox.Session) -> None:
    """Use the chat with two real Chromium windows (needs ``chromium`` and its driver)."""
    install_packages(session, [*group("pytest"), *group("browser")])
    session.run("pytest", BROWSER_TESTS, *session.posargs)


@nox.session(requires=["build"])
def contracts(session: nox.Session) -> None:
    """Check what holds the packages apart (``-- --update`` rewrites the golden surfaces)."""
    install_packages(session, [*group("pytest"), *group("contracts")])
    session.run("lint-imports")
    session.run("pytest", *REPOSITORY_TESTS, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of every package and of every example, strictly."""
    install_packages(session, [*test_groups(), *peers(), *group("types")])
    sources = map(str, ROOT.glob("packages/*/src"))
    modules = sorted(path.name for path in ROOT.glob("packages/*/src/etesian/*"))
    env = {"MYPYPATH": os.pathsep.join(sources)}
    session.run("mypy", *(f"--package=etesian.{module}" for module in modules), env=env)
    config = f"--config-file={ROOT / 'pyproject.toml'}"
    for example in EXAMPLES:
        # Each is a program of its own, whose modules import each other by bare names.
        with session.chdir(ROOT / "examples" / example):
            session.run("mypy", config, "--exclude=test", ".", env=env)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into ``build/docs``; a warning is an error."""
    session.install(*group("docs"))
    session.run("sphinx-build", "-W", "-q", "docs", "build/docs", *session.posargs)


@nox.session
def spec(session: nox.Session) -> None:
    """Tell which statements of ``docs/spec`` have a passing test (``-- loop`` selects)."""
    install_packages(session, test_groups())
    areas = [f"--spec={area}" for area in session.posargs or ["all"]]
    env = {"PYTHONPATH": str(ROOT / "packages/etesian/tests/spec")}
    session.run("pytest", "-p", "spec_report", *areas, *ignored(REPOSITORY_TESTS), env=env)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Look for inputs that break a parser (``-- http1 --minutes 10`` selects by first letters)."""
    install_packages(session, group("fuzz"))
    session.run("python", "packages/etesian/tests/fuzz/command.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure Etesian beside its peers (``-- http``; needs ``wrk``)."""
    install_packages(session, peers())
    session.run("python", "-m", "etesian.bench", *session.posargs)


def install_packages(session: nox.Session, further: Iterable[str]) -> None:
    """Install all packages as they stand in the tree, and further requirements."""
    session.install("hatchling", "editables", "setuptools")
    editables = [f"--editable={ROOT / 'packages' / package}" for package in PACKAGES]
    session.install("--quiet", "--no-build-isolation", *editables, *further)


def install_alone(session: nox.Session, package: str, tools: Iterable[str]) -> None:
    """Install one wheel by name, and what its tests need; see that nothing else came along."""
    offline = ("--no-index", f"--find-links={WHEELHOUSE}")
    session.install(*offline, distribution(package))
    session.install(*offline, *tools)
    code = "import importlib.metadata as m; print(*(d.metadata['Name'] for d in m.distributions()))"
    listed = str(session.run("python", "-c", code, silent=True)).split()
    present = {name for name in listed if name.startswith("etesian")}
    expected = declared([distribution(package), *tools])
    if present != expected:
        session.error(f"declared: {sorted(expected)}, but installed: {sorted(present)}")
    absent = sorted({*map(distribution, PACKAGES)} - present)
    session.log("Not installed here: %s", ", ".join(absent))


def run_elsewhere(
    session: nox.Session, path: str, *options: str, env: dict[str, str] | None = None
) -> None:
    """Run tests from an empty folder, so that nothing of the tree can be imported."""
    config = (f"--config-file={ROOT / 'pyproject.toml'}", f"--rootdir={ROOT}")
    with TemporaryDirectory() as empty, session.chdir(empty):
        tests = str(ROOT / path)
        session.run("pytest", *config, "-p", "no:cacheprovider", *options, tests, env=env)


def declared(requirements: Iterable[str]) -> set[str]:
    """Give the distributions of Etesian that requirements bring in, indirectly too."""
    found = set[str]()
    for requirement in map(Requirement, requirements):
        if requirement.name.startswith("etesian"):
            project = load(requirement.name.removeprefix("etesian-"))["project"]
            extras = project.get("optional-dependencies", {})
            more = [line for extra in requirement.extras for line in extras[extra]]
            found |= {requirement.name} | declared([*project["dependencies"], *more])
    return found


def distribution(package: str) -> str:
    """Give the name of the distribution that a folder of ``packages`` makes."""
    return package if package == "etesian" else f"etesian-{package}"


def load(package: str) -> dict[str, Any]:
    """Give the ``pyproject.toml`` of a package."""
    return nox.project.load_toml(ROOT / "packages" / package / "pyproject.toml")


def group(name: str, package: str | None = None) -> tuple[str, ...]:
    """Give the requirements of a dependency group of a package, or of the root."""
    table = load(package) if package else nox.project.load_toml(ROOT / "pyproject.toml")
    return nox.project.dependency_groups(table, name)


def test_groups() -> list[str]:
    """Give what the tests of all packages need beside the packages."""
    lines = {line for package in PACKAGES for line in group("test", package)}
    return [*group("pytest"), *sorted(line for line in lines if not line.startswith("etesian"))]


def peers() -> list[str]:
    """Give what the benchmarks compare with."""
    found: list[str] = load("bench")["project"]["optional-dependencies"]["peers"]
    return found


def ignored(paths: Iterable[str]) -> list[str]:
    """Give the options that make pytest pass paths over."""
    return [f"--ignore={ROOT / path}" for path in paths]
