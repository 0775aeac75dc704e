"""Where templates come from: a folder, and the base of every other source."""

from __future__ import annotations

import os
import posixpath
from threading import RLock

from etesian.templates.origin import Origin, decode
from etesian.templates.whitespace_modes import MODES, default_mode

# See the package itself.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from etesian.templates.nodes import Tree
    from etesian.templates.template import Template


class BaseLoader:
    """Loads templates by name, once each; a subclass says where their text is.

    Names are paths with ``/``, relative to the loader's root. Inside a template they
    are relative to that template's folder. No name can leave the root.

    ``autoescape`` is the name of a function (``None`` to escape nothing) and
    ``whitespace`` a mode, for templates that choose none themselves; ``namespace``
    holds names for every template and may be changed later. ``auto_reload`` looks at
    every ``load`` whether a file has changed since; leave it off in production.
    ``use_c=False`` escapes in Python even where a library in C is installed.
    ``restricted`` takes all files for texts of people whom the program does not trust.

    Loading is safe from many threads at one time; each template is compiled once.
    """

    def __init__(
        self,
        *,
        autoescape: str | None = "xhtml_escape",
        namespace: Mapping[str, Any] | None = None,
        whitespace: str | None = None,
        auto_reload: bool = False,
        use_c: bool = True,
        restricted: bool = False,
    ) -> None:
        if whitespace is not None and whitespace not in MODES:
            raise ValueError(f"whitespace mode is {whitespace!r}, expected one of {sorted(MODES)}")
        self.autoescape = autoescape
        self.namespace = dict(namespace or {})
        self.whitespace = whitespace
        self.auto_reload = auto_reload
        self.use_c = use_c
        self.restricted = restricted
        self._lock = RLock()
        self._trees: dict[str, Tree] = {}
        self._templates: dict[str, Template] = {}
        self._stamps: dict[str, object] = {}

    def get_origin(self, name: str) -> Origin:
        """Give the text of a template and what to call it. For subclasses to say.

        Raises:
            FileNotFoundError: there is none of this name.
        """
        raise NotImplementedError(name)

    def stamp(self, name: str) -> object:  # noqa: ARG002 - for subclasses
        """Give a value that changes when the template's text does; for ``auto_reload``.

        A subclass whose texts never change need not say anything.
        """
        return None

    def load(self, name: str, parent_path: str | None = None) -> Template:
        """Give the template of this name, as named in the template ``parent_path`` if any.

        Raises:
            FileNotFoundError: there is none, or the name would leave the root.
            ParseError: it is no template, or something that it extends or includes.
        """
        path = self.resolve_path(name, parent_path)
        template = self._templates.get(path)
        if template is not None and not self.auto_reload:
            return template
        with self._lock:
            if self.auto_reload:
                self._forget_changed()
            template = self._templates.get(path)
            if template is None:
                from etesian.templates.template import Template  # noqa: PLC0415 - as in tree()

                template = Template.from_tree(self.tree(path, None), self)
                self._templates[path] = template
            return template

    def resolve_path(self, name: str, parent_path: str | None = None) -> str:
        """Give the name seen from the root of one seen from the template ``parent_path``.

        Raises:
            FileNotFoundError: it would leave the root.
        """
        folder = posixpath.dirname(parent_path) if parent_path else ""
        path = posixpath.normpath(posixpath.join(folder, name))
        if path.startswith(("/", "../")) or path in {".", ".."}:
            raise FileNotFoundError(f"template name {name!r} leaves the loader's root")
        # A backslash would be a separator, and a colon a drive or a stream, on one system only.
        if set(path) & {"\\", "\0", ":"}:
            raise FileNotFoundError(f"template name {name!r} has a backslash, a colon or a NUL")
        return path

    def reset(self) -> None:
        """Forget all templates: the next ``load`` of each compiles it anew."""
        with self._lock:
            self._trees.clear()
            self._templates.clear()
            self._stamps.clear()

    def tree(self, name: str, parent_path: str | None) -> Tree:
        """Give the parsed file of a name, for templates that extend or include it."""
        path = self.resolve_path(name, parent_path)
        with self._lock:
            tree = self._trees.get(path)
            if tree is None:
                # The compiler takes ten times as long to import as a program that has loaded
                # no template yet needs to know.
                from etesian.templates.parser import parse  # noqa: PLC0415

                # Before the text is read, so that no change between the two goes unseen; kept only
                # for what is kept itself, or names that are no templates would fill the memory.
                stamp = self.stamp(path)
                mode = self.whitespace or default_mode(path)
                origin = self.get_origin(path)
                if self.restricted:
                    origin = origin.as_restricted()
                tree = parse(origin, autoescape=self.autoescape, whitespace=mode)
                self._trees[path] = tree
                self._stamps[path] = stamp
            return tree

    def _forget_changed(self) -> None:
        """Drop the files whose text has changed, and every template made of one of them."""
        changed = {name for name, stamp in self._stamps.items() if self.stamp(name) != stamp}
        for name in changed:
            self._trees.pop(name, None)
            self._stamps.pop(name, None)
        for name, template in list(self._templates.items()):
            if template.dependencies & changed:
                del self._templates[name]


class Loader(BaseLoader):
    """Loads templates from a folder, ``root``.

    Files are read as UTF-8 whatever the environment says. A symbolic link in the
    folder is followed: whoever may write there may write templates anyway. An
    absolute path is taken if it lies in the folder.
    """

    def __init__(self, root: str | os.PathLike[str], **options: Any) -> None:
        super().__init__(**options)
        # Without pathlib, which takes longer to import than this package.
        self.root = os.path.abspath(root)  # noqa: PTH100

    def resolve_path(self, name: str, parent_path: str | None = None) -> str:
        """Give the name seen from the root, also of an absolute path that lies in it.

        Raises:
            FileNotFoundError: it would leave the root.
        """
        root = self.root.replace(os.sep, "/").removesuffix("/")
        return super().resolve_path(name.removeprefix(f"{root}/"), parent_path)

    def get_origin(self, name: str) -> Origin:
        """Read the file.

        Raises:
            FileNotFoundError: there is none of this name.
            ParseError: it is not UTF-8.
        """
        path = self._path(name)
        # A pipe would be waited for.
        if not os.path.isfile(path):  # noqa: PTH113
            raise FileNotFoundError(f"no template {name!a} in {self.root}")
        with open(path, "rb") as file:  # noqa: PTH123
            return Origin(name, path, decode(file.read(), name))

    def stamp(self, name: str) -> object:
        """Give the file's time and size; ``None`` when it is gone."""
        return stamp_of(self._path(name))

    def _path(self, name: str) -> str:
        return os.path.join(self.root, name)  # noqa: PTH118


def stamp_of(path: str | os.PathLike[str]) -> object:
    """Give a file's time and size; ``None`` when it is gone."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size
