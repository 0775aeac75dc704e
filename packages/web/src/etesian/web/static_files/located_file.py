"""Where the path of a URL leads, and whether it may."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from etesian.web.handler import RequestHandler
from etesian.web.interface import HTTPError
from etesian.web.static_files.confinement import is_below, is_nameable
from etesian.web.static_files.contents import StaticContents
from etesian.web.static_files.opened_file import stamp_of

if TYPE_CHECKING:
    from etesian.web.static_files.opened_file import Stamp

__all__ = ["LocatedFile"]


class LocatedFile(StaticContents, RequestHandler):
    """The part of a handler of static files that finds the file."""

    root: str
    """The folder, as the route gave it."""
    path: str
    """The path below it, as the URL gave it."""
    absolute_path: str
    """What is sent: a file, or whatever text names a content."""
    default_filename: str | None

    # What is known of the file, so that it is asked for once a request.
    _known_stamp: Stamp | None = None

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Give text as everywhere; a path that is not UTF-8 is not there (404)."""
        try:
            return super().decode_argument(value, name)
        except HTTPError:
            if name is None:
                raise HTTPError(404) from None
            raise

    def parse_url_path(self, url_path: str) -> str:
        """Give the relative path of a file for the path in a URL, its prefix cut off."""
        return url_path.replace("/", os.sep) if os.sep != "/" else url_path

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Give the path that is to be served, or ``None`` after a redirect.

        Raises 403 for what lies outside of the root and for folders, 404 for what
        does not exist.
        """
        given_root = root
        root = os.path.abspath(root)  # noqa: PTH100 - no links resolved
        if not is_below(root, absolute_path):
            raise HTTPError(403, "%s is not in the folder of static files", self.path)
        if not is_nameable(self.path):
            raise HTTPError(404)
        mode = _mode_or_404(absolute_path)
        is_default = stat.S_ISDIR(mode) and self.default_filename is not None
        if is_default:
            if not self.request.path.endswith("/"):
                # One slash: "//host/" would be another server.
                self.redirect("/" + self.request.path.lstrip("/") + "/", permanent=True)
                return None
            absolute_path = os.path.join(absolute_path, self.default_filename or "")  # noqa: PTH118
            mode = _mode_or_404(absolute_path)
        elif self.path.endswith("/") and not stat.S_ISDIR(mode):
            raise HTTPError(404)
        if not stat.S_ISREG(mode):
            raise HTTPError(403, "%s is not a file", self.path)
        self._known_stamp = self._judge(root, absolute_path)
        # The table is everybody's: where a subclass sends a name concerns no other.
        if given_root == root and not is_default and self._is_located_plainly():
            self._judged.remember(root, self.path, absolute_path)
        return absolute_path

    def _judge(self, root: str, absolute_path: str) -> Stamp:
        try:
            stamp = self._judged.judge(root, absolute_path)
        except PermissionError:
            raise HTTPError(403, "%s may not be read", self.path) from None
        except OSError:
            raise HTTPError(404) from None
        if stamp is None:
            raise HTTPError(403, "%s is a link out of the folder of static files", self.path)
        return stamp

    def _find(self) -> str | None:
        """Give the path to serve: as found the last time, or by the hooks."""
        if self._is_located_plainly():
            located = self._judged.locate(self.root, self.path)
            if located is not None:
                path, self._known_stamp = located
                return path
        return self.validate_absolute_path(self.root, self.get_absolute_path(self.root, self.path))

    @classmethod
    def _is_located_plainly(cls) -> bool:
        """Say whether nobody has overridden where a name leads."""
        return (
            cls.validate_absolute_path is LocatedFile.validate_absolute_path
            and cls.get_absolute_path.__func__ is StaticContents.get_absolute_path.__func__  # type: ignore[attr-defined]
        )

    def _stamp(self) -> Stamp:
        if self._known_stamp is None:
            self._known_stamp = stamp_of(os.stat(self.absolute_path))  # noqa: PTH116 - hot
        return self._known_stamp


def _mode_or_404(path: str) -> int:
    try:
        return os.stat(path).st_mode  # noqa: PTH116 - hot: no object per call
    except (OSError, ValueError):
        raise HTTPError(404) from None
