"""Compiles what is written in C, where that can be done; the wheel is pure Python otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from sysconfig import get_config_var
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "etesian.core_loop.ioloop"
MODULE = "callback_batches"
SOURCE = Path(__file__).parent / "src" / PACKAGE.replace(".", "/")


class CompiledModules(BuildHookInterface[Any]):
    """Adds the compiled module to a wheel, or puts it beside its source for an editable one.

    Nothing depends on it but speed. Where it does not compile, for want of a compiler or of the
    headers of Python, or where the environment variable ``ETESIAN_PURE_PYTHON`` is set, the
    wheel is made without it, and says so.
    """

    _built: TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files of the wheel are gathered."""
        self._built = TemporaryDirectory()
        compiled = self._compile(SOURCE if version == "editable" else Path(self._built.name))
        if compiled is None:
            if version == "editable":
                earlier = SOURCE / f"{MODULE}{get_config_var('EXT_SUFFIX')}"
                earlier.unlink(missing_ok=True)  # it would be imported, of whatever source it is
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        if version != "editable":
            inside = f"{PACKAGE.replace('.', '/')}/{compiled.name}"
            build_data["force_include"][str(compiled)] = inside

    def _compile(self, folder: Path) -> Path | None:
        if os.environ.get("ETESIAN_PURE_PYTHON"):
            return None
        try:
            return compile_module(folder)
        except Exception as error:  # noqa: BLE001  setuptools has no tree of its own for these
            self.app.display_warning(f"{MODULE} is not compiled, and callbacks cost more: {error}")
            return None

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Leave nothing behind once the wheel has been written."""
        if self._built is not None:
            self._built.cleanup()


def compile_module(folder: Path) -> Path:
    """Compile the module into `folder` and return the file."""
    # Not at the top: it is in nobody's way where nothing is compiled.
    from setuptools import Distribution, Extension  # noqa: PLC0415
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    sources, headers = (sorted(map(str, SOURCE.glob(each))) for each in ("*.c", "*.h"))
    extension = Extension(MODULE, sources, depends=headers)
    command = build_ext(Distribution({"ext_modules": [extension]}))
    command.build_lib = str(folder)
    with TemporaryDirectory() as objects:
        command.build_temp = objects
        command.ensure_finalized()
        command.run()
    return Path(command.get_ext_fullpath(MODULE))
