"""What is built of a package with compiled modules is right wherever its folder is."""

from __future__ import annotations

import os
import shutil
from sysconfig import get_config_var
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder


@pytest.fixture
def folder(package, tmp_path):
    """A copy of the package's folder, with neither the repository around it nor what it ignores."""
    if not (package.folder / "hatch_build.py").exists():
        pytest.skip("it has no compiled modules")
    copy = tmp_path / package.name
    ignored = shutil.ignore_patterns("tests", "__pycache__", "*.so", "*.pyd")
    shutil.copytree(package.folder, copy, ignore=ignored)
    return copy


@pytest.fixture(autouse=True)
def _without_a_compiler(monkeypatch):
    monkeypatch.delenv("ETESIAN_PURE_PYTHON", raising=False)
    monkeypatch.setenv("CC", "false")


def wheel_of(folder, version):
    return next(WheelBuilder(str(folder)).build(directory=str(folder / "dist"), versions=[version]))


def compiled_beside(stub):
    """Something that looks like an older compiled module of this Python."""
    module = stub.with_suffix(get_config_var("EXT_SUFFIX"))
    module.write_bytes(b"older")
    os.utime(module, (0, 0))
    return module


def test_a_wheel_ships_nothing_that_was_compiled_for_an_editable_install(folder):
    for stub in folder.rglob("*.pyi"):
        compiled_beside(stub)
    wheel = wheel_of(folder, "standard")
    assert wheel.endswith("-py3-none-any.whl")
    assert [name for name in ZipFile(wheel).namelist() if name.endswith(".so")] == []


def test_what_is_not_compiled_for_an_editable_install_is_not_there_from_an_earlier_one(folder):
    older = [compiled_beside(stub) for stub in folder.rglob("*.pyi")]
    wheel_of(folder, "editable")
    assert [module for module in older if module.exists()] == []
