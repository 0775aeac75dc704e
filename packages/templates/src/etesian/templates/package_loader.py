"""Templates that are shipped inside a Python package."""

from __future__ import annotations

import os
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from etesian.templates.loader import BaseLoader, stamp_of
from etesian.templates.origin import Origin, decode

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class PackageLoader(BaseLoader):
    """Loads templates from the resources of a package, zipped or not.

    ``package`` is its dotted name and ``folder`` the folder in it; the options are
    the base's. What is in an archive does not change: ``auto_reload`` looks at packages
    that are folders.

    Raises:
        ModuleNotFoundError: there is no such package.
    """

    def __init__(self, package: str, folder: str = "templates", **options: Any) -> None:
        super().__init__(**options)
        self._root = files(package).joinpath(folder)

    def get_origin(self, name: str) -> Origin:
        """Read the resource.

        Raises:
            FileNotFoundError: there is none of this name.
            ParseError: it is not UTF-8.
        """
        resource = self._resource(name)
        if not resource.is_file():
            raise FileNotFoundError(f"no template {name!r} in {self._root}")
        return Origin(name, str(resource), decode(resource.read_bytes(), name))

    def stamp(self, name: str) -> object:
        """Give the file's time and size; ``None`` when it is gone, or in an archive."""
        resource = self._resource(name)
        return stamp_of(resource) if isinstance(resource, os.PathLike) else None

    def _resource(self, name: str) -> Traversable:
        return self._root.joinpath(*name.split("/"))
