"""Contents by absolute path, their versions, and the URLs that name these."""

from __future__ import annotations

import hashlib
import logging
import os
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from etesian.web.static_files.content_cache import ContentCache
from etesian.web.static_files.judged_paths import JudgedPaths
from etesian.web.static_files.opened_file import open_regular, read_pieces
from etesian.web.static_files.versions import VersionCache

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from etesian.web.static_files.opened_file import Stamp

__all__ = ["StaticContents"]

_logger = logging.getLogger("etesian.application")


class StaticContents:
    """What a handler of static files knows without a request.

    An absolute path is that of a file, or any text that names a content for those
    who override :meth:`get_absolute_path` and :meth:`get_content`.
    """

    _judged: ClassVar[JudgedPaths] = JudgedPaths()
    _versions: ClassVar[VersionCache] = VersionCache()
    _contents: ClassVar[ContentCache] = ContentCache()

    @classmethod
    def reset(cls) -> None:
        """Forget all hashes, contents and paths."""
        cls._judged.clear()
        cls._versions.clear()
        cls._contents.clear()

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Give where a relative path leads. Override it for contents from elsewhere."""
        return os.path.abspath(os.path.join(root, path))  # noqa: PTH100, PTH118 - no links resolved

    @classmethod
    def get_content(
        cls, abspath: str, start: int | None = None, end: int | None = None
    ) -> bytes | Iterator[bytes]:
        """Give the content, or the octets from ``start`` up to ``end``, at once or in pieces."""
        return _read(abspath, start or 0, end)

    @classmethod
    def get_content_version(cls, abspath: str) -> str:
        """Give a text that changes with the content: its hash."""
        digest = hashlib.sha256(usedforsecurity=False)
        content = cls.get_content(abspath)
        for piece in (content,) if isinstance(content, bytes) else content:
            digest.update(piece)
        return digest.hexdigest()

    @classmethod
    def make_static_url(
        cls, settings: Mapping[str, Any], path: str, include_version: bool = True
    ) -> str:
        """Give the path of a static file for use in pages, with its version as ``?v=``."""
        url = settings.get("static_url_prefix", "/static/") + quote(path)
        version = cls.get_version(settings, path) if include_version else None
        return f"{url}?v={version}" if version else url

    @classmethod
    def get_version(cls, settings: Mapping[str, Any], path: str) -> str | None:
        """Give the version for the URL of a file; ``None`` and a log line where there is none."""
        absolute_path = cls.get_absolute_path(settings["static_path"], path)
        try:
            return cls._version_of(settings, absolute_path)
        except (OSError, ValueError) as error:
            _logger.error("No version for the static file %r: %s", path, error)  # noqa: TRY400
            return None

    @classmethod
    def _version_of(
        cls, settings: Mapping[str, Any], absolute_path: str, stamp: Stamp | None = None
    ) -> str | None:
        if not settings.get("static_hash_cache", True):
            return cls.get_content_version(absolute_path)
        return cls._versions.get(absolute_path, cls.get_content_version, stamp)

    @classmethod
    def _reads_plain_files(cls) -> bool:
        """Say whether contents are files as far as this class knows."""
        return cls.get_content.__func__ is StaticContents.get_content.__func__  # type: ignore[attr-defined]


def _read(path: str, start: int, end: int | None) -> Iterator[bytes]:
    """Give the octets of a file in pieces; the file is open while it is iterated."""
    with open_regular(path) as file:
        yield from read_pieces(file, start, end)
