"""A wheel ships one package of the namespace, all of it, and nothing else."""

from __future__ import annotations

from zipfile import ZipFile

import pytest


@pytest.fixture
def shipped(root, package):
    """The names of all files in the package's wheel."""
    stem = str(package.project["name"]).replace("-", "_")
    # A package with compiled modules has a wheel for each platform, and a pure one where it could
    # not be compiled.
    tags = "*" if (package.folder / "hatch_build.py").exists() else "py3-none-any"
    found = [*(root / ".wheelhouse").glob(f"{stem}-{package.project['version']}-{tags}.whl")]
    assert len(found) == 1, "no wheel of this version; nox -s build makes it"
    return set(ZipFile(found[0]).namelist())


def test_it_leaves_the_namespace_free(shipped):
    assert "etesian/__init__.py" not in shipped


def test_it_ships_its_package_and_its_metadata_only(shipped, package):
    stem = str(package.project["name"]).replace("-", "_")
    folders = (f"etesian/{package.module}/", f"{stem}-{package.project['version']}.dist-info/")
    assert [name for name in shipped if not name.startswith(folders)] == []


def test_it_ships_the_whole_package(shipped, package, root, tracked):
    base = (package.folder / "src").relative_to(root)
    source = {path.relative_to(base).as_posix() for path in tracked if path.is_relative_to(base)}
    assert source <= shipped
    assert f"etesian/{package.module}/py.typed" in shipped


def test_it_ships_its_licence(shipped):
    assert [name for name in shipped if name.endswith(".dist-info/licenses/LICENSE")]


def test_it_ships_its_interface(shipped, package):
    if package.module not in {"bench", "cli"}:
        assert f"etesian/{package.module}/interface.py" in shipped
