"""``import tornado`` and all below it give the bridge's modules."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

from etesian.tornado.log_routing import route_logs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = ["TornadoFinder", "install"]

_ALIAS = "tornado"
_BRIDGE = "etesian.tornado"


class TornadoFinder(MetaPathFinder):
    """Answers for ``tornado`` and every module below, and for nothing else.

    It stands first on ``sys.meta_path``, so an installed Tornado is not seen.
    A module that the bridge does not have is a ``ModuleNotFoundError`` and is
    looked for nowhere else: half of one implementation under the other's name
    would fail in stranger ways.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Give the spec of the bridge's module under Tornado's name."""
        del path, target
        if fullname != _ALIAS and not fullname.startswith(f"{_ALIAS}."):
            return None
        real_name = _BRIDGE + fullname.removeprefix(_ALIAS)
        real_spec = importlib.util.find_spec(real_name)
        if real_spec is None:
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: etesian-tornado does not have it", name=fullname
            )
        is_package = real_spec.submodule_search_locations is not None
        return ModuleSpec(fullname, _AliasLoader(real_name), is_package=is_package)


class _AliasLoader(Loader):
    """Gives a module that has another name of its own: both names mean one object."""

    def __init__(self, real_name: str) -> None:
        self._real_name = real_name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Give the bridge's module, imported under its own name."""
        del spec
        module = importlib.import_module(self._real_name)
        self._real_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Undo what the import system wrote on the module: it has run already."""
        module.__spec__ = self._real_spec


def install() -> None:
    """Make ``import tornado`` give the bridge, from now on and in this process.

    ``tornado.web`` and ``etesian.tornado.web`` are then one module. Log records
    of Etesian reach the loggers ``tornado.access``, ``tornado.application`` and
    ``tornado.general``, and loops and HTTP clients are made of the bridge's classes.
    Calling it again does nothing.

    Raises ``RuntimeError`` where another ``tornado`` was imported before.
    """
    if any(isinstance(finder, TornadoFinder) for finder in sys.meta_path):
        return
    if _ALIAS in sys.modules:
        raise RuntimeError(
            "tornado is already imported; call etesian.tornado.install() before that"
        )
    sys.meta_path.insert(0, TornadoFinder())
    route_logs()
    # Named here, because it brings in the event loop: who only looks at this module needs none.
    importlib.import_module(f"{_BRIDGE}.defaults").choose_defaults()
