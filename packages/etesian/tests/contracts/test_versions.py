"""Packages are released one by one, and agree with the siblings they are released with."""

from __future__ import annotations

import re

from packaging.requirements import Requirement


def requirements(package):
    """Everything that the package asks of siblings, in its extras too."""
    project = package.project
    extras = project.get("optional-dependencies", {}).values()
    lines = [*project.get("dependencies", []), *(line for extra in extras for line in extra)]
    return [each for each in map(Requirement, lines) if each.name.startswith("etesian")]


def test_a_range_admits_the_sibling_that_stands_beside(package, packages):
    versions = {each.project["name"]: each.project["version"] for each in packages}
    wrong = [
        f"{each} refuses {versions[each.name]}"
        for each in requirements(package)
        if versions[each.name] not in each.specifier
    ]
    assert wrong == []


def test_a_range_has_both_ends_and_pins_nothing(package):
    wrong = [
        str(each)
        for each in requirements(package)
        if {part.operator for part in each.specifier} != {">=", "<"}
    ]
    assert wrong == []


def test_the_version_is_static_and_heads_the_changelog(package):
    first = re.search(r"^## (\S+)", (package.folder / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first is not None
    assert first[1] == package.project["version"]


def test_the_name_follows_the_folder(package):
    expected = package.name if package.name == "etesian" else f"etesian-{package.name}"
    assert package.project["name"] == expected


def test_the_meta_package_brings_everything_but_the_benchmarks(packages):
    meta = next(each for each in packages if each.name == "etesian")
    others = {each.project["name"] for each in packages if each.name not in {"etesian", "bench"}}
    assert {each.name for each in requirements(meta)} == others


def test_the_metadata_is_complete(package):
    assert package.project["license"] == "Apache-2.0"
    assert package.project["requires-python"] == ">=3.11"
    assert package.project["readme"] == "README.md"
