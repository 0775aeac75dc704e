"""The table of the README is that of the packages."""

from __future__ import annotations

import re

import pytest
from packaging.requirements import Requirement

ROW = re.compile(
    r"^\| \[(?P<distribution>[a-z0-9-]+)\]\((?P<link>[^)]+)\) \| `(?P<module>[a-z0-9._]+)` "
    r"\| [^|]+ \| (?P<needs>[^|]+) \|$",
    re.MULTILINE,
)
# How the table names those that stand before a row.
EVERYTHING = "all of the above"


@pytest.fixture(scope="session")
def rows(root):
    return list(ROW.finditer((root / "README.md").read_text()))


def test_every_package_has_a_row(rows, packages):
    found = {(row["distribution"], row["module"]) for row in rows}
    assert found == {(each.project["name"], f"etesian.{each.module}") for each in packages}


def test_a_row_leads_to_the_package(rows, root):
    assert [row["link"] for row in rows if not (root / row["link"]).is_file()] == []


def test_a_row_tells_what_is_installed_with_the_package(rows, package):
    index, row = next(
        (index, row)
        for index, row in enumerate(rows)
        if row["distribution"] == package.project["name"]
    )
    lines = map(Requirement, package.project["dependencies"])
    needs = {each.name for each in lines if each.name.startswith("etesian")}
    if row["needs"] == EVERYTHING:
        assert needs == {above["distribution"] for above in rows[:index]}
    else:
        names = {name.removeprefix("etesian-") for name in needs} or {"–"}
        assert set(row["needs"].split(", ")) == names
