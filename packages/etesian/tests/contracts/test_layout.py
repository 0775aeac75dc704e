"""The tree is what the documentation says, and names nothing of the place it was made in."""

from __future__ import annotations

import re
import tomllib

TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "docs",
    "examples",
    "noxfile.py",
    "packages",
    "pyproject.toml",
}
# A package registry is the choice of whoever installs; a path of one machine is no use to others.
REGISTRY = re.compile(r"\b(pypi|npmjs|pythonhosted)\.(org|com|io)\b|\bdeb\.debian\b")
MACHINE = re.compile(r"/work/(main|shared|tmp|\.library)\b|/root/\.|/home/\w+/\.")


def test_the_top_level_holds_only_what_is_documented(tracked):
    assert {path.parts[0] for path in tracked} == TOP_LEVEL


def test_the_import_contract_lists_every_package(root, packages):
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    listed = {each["id"]: each for each in settings["contracts"]}["only-interfaces"]["modules"]
    expected = {f"etesian.{each.module}" for each in packages if each.module != "bench"}
    assert set(listed) == expected


def test_a_package_is_complete(package):
    wanted = ["README.md", "CHANGELOG.md", "LICENSE", "tests"]
    assert [name for name in wanted if not (package.folder / name).exists()] == []
    assert (package.source / "py.typed").exists()
    assert (package.source / "__init__.py").exists()


def test_a_package_adds_one_name_to_the_namespace(package):
    found = {path.name for path in (package.folder / "src").iterdir() if path.is_dir()}
    assert found - {"__pycache__"} == {"etesian"}
    inside = {path.name for path in (package.folder / "src" / "etesian").iterdir()}
    assert inside - {"__pycache__"} == {package.module}


def test_nothing_names_a_registry_or_a_path_of_one_machine(root, tracked):
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in tracked
        for number, line in enumerate((root / path).read_text(errors="replace").split("\n"), 1)
        if REGISTRY.search(line) or MACHINE.search(line)
    ]
    assert found == []
