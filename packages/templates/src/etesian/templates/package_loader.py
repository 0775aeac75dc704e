"""Templates that are shipped inside a Python package."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from etesian.templates.loader import BaseLoader
from etesian.templates.origin import Origin, decode


class PackageLoader(BaseLoader):
    """Loads templates from the resources of a package, zipped or not.

    ``package`` is its dotted name and ``folder`` the folder in it; the options are
    the base's.

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
        resource = self._root.joinpath(*name.split("/"))
        if not resource.is_file():
            raise FileNotFoundError(f"no template {name!r} in {self._root}")
        return Origin(name, str(resource), decode(resource.read_bytes(), name))
