"""A pytest plugin that tells which numbered statements have a passing test.

A test says what it shows: ``@pytest.mark.spec("B-LOOP-017", "S041")``. A
statement is shown when at least one such test passed and none failed; a
skipped test shows nothing.
"""

from __future__ import annotations

import pytest
from spec_catalogue import Catalogue, compact, read_catalogue


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--spec", action="append", metavar="AREA", help="report an area of docs/spec, or all"
    )


def pytest_configure(config: pytest.Config) -> None:
    chosen = config.getoption("--spec")
    if not chosen:
        return
    try:
        catalogue = read_catalogue(config.rootpath / "docs" / "spec")
    except (OSError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error
    areas = [*catalogue.areas] if "all" in chosen else [*dict.fromkeys(chosen)]
    if unknown := set(areas) - catalogue.areas.keys():
        known = ", ".join(catalogue.areas)
        raise pytest.UsageError(f"no such area: {', '.join(unknown)}; there are: {known}")
    config.pluginmanager.register(Report(catalogue, areas))


class Report:
    """Collects outcomes and prints them by area."""

    def __init__(self, catalogue: Catalogue, areas: list[str]) -> None:
        self._catalogue = catalogue
        self._areas = areas
        self._claims: dict[str, set[str]] = {}
        self._passed: set[str] = set()
        self._failed: set[str] = set()

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Learn what each test claims, and leave out what shows nothing of the areas."""
        wanted = {each for area in self._areas for each in self._catalogue.areas[area]}
        known = self._catalogue.ids()
        kept, left = [], []
        for item in items:
            claims = {each for mark in item.iter_markers("spec") for each in mark.args}
            if unknown := claims - known:
                raise pytest.UsageError(f"{item.nodeid} claims unknown {sorted(unknown)}")
            self._claims[item.nodeid] = claims
            (kept if claims & wanted else left).append(item)
        if left:
            config.hook.pytest_deselected(items=left)
            items[:] = kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take an outcome; set-up and tear-down can only spoil it."""
        if report.failed:
            self._failed |= self._claims[report.nodeid]
        elif report.passed and report.when == "call":
            self._passed |= self._claims[report.nodeid]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print a line for each area."""
        terminalreporter.section("statements with a passing test")
        for area in self._areas:
            ids, without = self._catalogue.areas[area], self._without(area)
            line = f"{area:20} {len(ids) - len(without):4} of {len(ids):4}"
            if area in self._catalogue.complete:
                line += "  must be complete"
            terminalreporter.line(f"{line}  without: {compact(without)}" if without else line)
        if broken := self._broken():
            terminalreporter.line(f"complete areas with gaps: {', '.join(broken)}", red=True)

    # After pytest has decided on its own status, so that this one stands.
    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run in which a complete area has a gap."""
        if self._broken():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _without(self, area: str) -> list[str]:
        shown = self._passed - self._failed
        return [each for each in self._catalogue.areas[area] if each not in shown]

    def _broken(self) -> list[str]:
        complete = [area for area in self._areas if area in self._catalogue.complete]
        return [area for area in complete if self._without(area)]
