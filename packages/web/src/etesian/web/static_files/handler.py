"""The handler that serves files, with all the points at which it can be overridden."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import mimetypes
import os
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from etesian.web.accept_encoding import vary_by_accept_encoding
from etesian.web.handler import RequestHandler
from etesian.web.http_date import parse_http_date
from etesian.web.interface import HTTPError
from etesian.web.static_files.byte_range import ByteRange, UnsatisfiableRangeError, select_range
from etesian.web.static_files.confinement import is_below, is_nameable, is_truly_below
from etesian.web.static_files.content_cache import MAX_CACHED_SIZE, ContentCache
from etesian.web.static_files.sidecars import find_sidecar
from etesian.web.static_files.versions import VersionCache

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Mapping

__all__ = ["StaticFileHandler"]

_logger = logging.getLogger("etesian.application")

# Octets read from the disk at once: a few round trips' worth, and memory per slow client.
_CHUNK_SIZE = 64 * 1024
_ARCHIVE_TYPES = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
}


class StaticFileHandler(RequestHandler):
    """Serves the files below a folder: ``(r"/files/(.*)", StaticFileHandler, {"path": folder})``.

    The route captures the path. ``default_filename`` is served for a folder, which
    is else a 403. A path that leads out of the folder is refused, also by a symbolic
    link, and hidden files are not there.

    It answers conditional requests and single ranges, and tells browsers to keep
    what is asked for by version (``?v=``, see :meth:`make_static_url`). To serve
    from elsewhere override :meth:`get_absolute_path`,
    :meth:`validate_absolute_path`, :meth:`get_content`, :meth:`get_content_size`
    and :meth:`get_modified_time`; an absolute path is then any text that names a
    content.
    """

    CACHE_MAX_AGE: ClassVar[int] = 86400 * 365 * 10
    """Seconds for which a versioned file may be kept: ten years."""

    _versions: ClassVar[VersionCache] = VersionCache()
    _contents: ClassVar[ContentCache] = ContentCache()

    root: str
    path: str
    absolute_path: str
    modified: datetime | None = None
    default_filename: str | None
    # What is known of the file, so that it is asked for once a request.
    _stat_result: os.stat_result | None = None
    _version: str | None = None
    _type_path: str
    _precompressed = False

    def initialize(
        self, path: str, default_filename: str | None = None, precompressed: bool = False
    ) -> None:
        """Take the folder, and the name of the file that stands for a folder.

        With ``precompressed`` a file ``name.br``, ``name.zst`` or ``name.gz`` beside
        ``name`` is sent in its stead to clients that take the coding, unless it is
        older.
        """
        self.root = path
        self.default_filename = default_filename
        self._precompressed = precompressed

    @classmethod
    def reset(cls) -> None:
        """Forget all hashes and contents."""
        cls._versions.clear()
        cls._contents.clear()

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Give text as everywhere; a path that is not UTF-8 is not there (404)."""
        try:
            return super().decode_argument(value, name)
        except HTTPError:
            if name is None:
                raise HTTPError(404) from None
            raise

    def head(self, path: str) -> Awaitable[None] | None:
        """Answer as :meth:`get`, without reading the content."""
        return self.get(path, include_body=False)

    def get(self, path: str, include_body: bool = True) -> Awaitable[None] | None:
        """Serve the file. Small files are sent in this call; others in a coroutine."""
        self.path = self.parse_url_path(path)
        absolute_path = self.validate_absolute_path(
            self.root, self.get_absolute_path(self.root, self.path)
        )
        if absolute_path is None:
            return None
        self.absolute_path = self._type_path = absolute_path
        if self._precompressed:
            self._prefer_sidecar()
        if self._is_hash_expensive():
            return self._serve_later(include_body)
        return self._serve(include_body)

    def _prefer_sidecar(self) -> None:
        """Serve the compressed twin of the file, if the client takes one that is there."""
        vary_by_accept_encoding(self._headers)
        accepted = self.request.headers.get("Accept-Encoding")
        root = os.path.abspath(self.root)  # noqa: PTH100 - no links resolved
        sidecar = find_sidecar(root, self.absolute_path, accepted) if accepted else None
        if sidecar is not None:
            self.absolute_path = sidecar.path
            self._stat_result = None
            self.set_header("Content-Encoding", sidecar.coding)

    async def _serve_later(self, include_body: bool) -> None:
        """Hash a large file in a thread, so that nobody else waits; then serve it."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._version_of, self.settings, self.absolute_path)
        waiting = self._serve(include_body)
        if waiting is not None:
            await waiting

    def _serve(self, include_body: bool) -> Awaitable[None] | None:
        self.modified = self.get_modified_time()
        self.set_headers()
        if self.should_return_304():
            self.set_status(304)
            return None
        size = self.get_content_size()
        try:
            selected = self._select_range(size)
        except UnsatisfiableRangeError:
            self.set_status(416)
            self.set_header("Content-Type", "text/plain")
            self.set_header("Content-Range", f"bytes */{size}")
            return None
        if selected is not None:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {selected.start}-{selected.end - 1}/{size}")
        start, end = selected or (0, size)
        self.set_header("Content-Length", end - start)
        if not include_body:
            return None
        return self._send_content(selected, size)

    def _select_range(self, size: int) -> ByteRange | None:
        """Give the range asked for, unless ``If-Range`` says that it would not fit any more."""
        headers = self.request.headers
        if_range = headers.get("If-Range")
        if if_range is not None and not self._is_current(if_range):
            return None
        return select_range(headers.get("Range"), size)

    def _is_current(self, if_range: str) -> bool:
        """Compare strongly (RFC 9110, 13.1.5): a weak tag never fits, a date only exactly."""
        if if_range.startswith('"'):
            return if_range == self._headers.get("Etag")
        return self.modified is not None and parse_http_date(if_range) == self.modified

    def _send_content(self, selected: ByteRange | None, size: int) -> Awaitable[None] | None:
        start, end = selected or (None, None)
        if size <= MAX_CACHED_SIZE and self._reads_plain_files():
            content = self._contents.get(self.absolute_path, self._stat())
            if len(content) != size:
                raise HTTPError(503, "%s changed while it was read", self.path)
            self.write(content if selected is None else content[start:end])
            return None
        content_or_pieces = self.get_content(self.absolute_path, start, end)
        if isinstance(content_or_pieces, bytes):
            self.write(content_or_pieces)
            return None
        return self._stream(content_or_pieces)

    async def _stream(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            self.write(piece)
            await self.flush()

    def compute_etag(self) -> str | None:
        """Give the content's version as Etag; also where only a part of it is sent."""
        if self._version is None:
            self._version = self._version_of(self.settings, self.absolute_path, self._stat_result)
        return f'"{self._version}"' if self._version else None

    def set_headers(self) -> None:
        """Set Etag, type and caching of the file. :meth:`set_extra_headers` can add to it."""
        self.set_header("Accept-Ranges", "bytes")
        self.set_etag_header()
        if self.modified is not None:
            self.set_header("Last-Modified", self.modified)
        content_type = self.get_content_type()
        if content_type:
            self.set_header("Content-Type", content_type)
            self.set_header("X-Content-Type-Options", "nosniff")
        cache_time = self.get_cache_time(self.path, self.modified, content_type)
        if cache_time > 0:
            self.set_header("Expires", datetime.now(UTC) + timedelta(seconds=cache_time))
            self.set_header("Cache-Control", f"max-age={cache_time}")
        self.set_extra_headers(self.path)

    def should_return_304(self) -> bool:
        """Say whether the client has the content; ``If-None-Match`` counts before the date."""
        if self.request.headers.get("If-None-Match"):
            return self.check_etag_header()
        header = self.request.headers.get("If-Modified-Since")
        since = parse_http_date(header) if header else None
        return since is not None and self.modified is not None and since >= self.modified

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Give where a relative path leads. Override it for contents from elsewhere."""
        return os.path.abspath(os.path.join(root, path))  # noqa: PTH100, PTH118 - no links resolved

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Give the path that is to be served, or ``None`` after a redirect.

        Raises 403 for what lies outside of the root and for folders, 404 for what
        does not exist.
        """
        root = os.path.abspath(root)  # noqa: PTH100 - no links resolved
        if not is_below(root, absolute_path):
            raise HTTPError(403, "%s is not in the folder of static files", self.path)
        if not is_nameable(self.path):
            raise HTTPError(404)
        status = _stat_or_404(absolute_path)
        if stat.S_ISDIR(status.st_mode) and self.default_filename is not None:
            if not self.request.path.endswith("/"):
                # One slash: "//host/" would be another server.
                self.redirect("/" + self.request.path.lstrip("/") + "/", permanent=True)
                return None
            absolute_path = os.path.join(absolute_path, self.default_filename)  # noqa: PTH118
            status = _stat_or_404(absolute_path)
        elif self.path.endswith("/") and not stat.S_ISDIR(status.st_mode):
            raise HTTPError(404)
        if not stat.S_ISREG(status.st_mode):
            raise HTTPError(403, "%s is not a file", self.path)
        if not is_truly_below(root, absolute_path, status):
            raise HTTPError(403, "%s is a link out of the folder of static files", self.path)
        self._stat_result = status
        return absolute_path

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

    def get_content_size(self) -> int:
        """Give the length of the whole content, in octets."""
        return self._stat().st_size

    def get_modified_time(self) -> datetime | None:
        """Give when the content changed last, in whole seconds of UTC; ``None`` if unknown."""
        return datetime.fromtimestamp(int(self._stat().st_mtime), UTC)

    def get_content_type(self) -> str:
        """Give the media type, by the name of the file."""
        mime_type, encoding = mimetypes.guess_type(self._type_path)
        if encoding is not None:
            # The archive is the content: with Content-Encoding, browsers would unpack it.
            return _ARCHIVE_TYPES.get(encoding, "application/octet-stream")
        return mime_type or "application/octet-stream"

    def set_extra_headers(self, path: str) -> None:
        """Set further headers. Override it."""

    def get_cache_time(
        self,
        path: str,  # noqa: ARG002 - for those who override it
        modified: datetime | None,  # noqa: ARG002
        mime_type: str,  # noqa: ARG002
    ) -> int:
        """Give the seconds for which the content may be kept, 0 to say nothing. Override it."""
        return self.CACHE_MAX_AGE if "v" in self.request.query_arguments else 0

    @classmethod
    def make_static_url(
        cls, settings: Mapping[str, Any], path: str, include_version: bool = True
    ) -> str:
        """Give the path of a static file for use in pages, with its version as ``?v=``."""
        url = settings.get("static_url_prefix", "/static/") + quote(path)
        version = cls.get_version(settings, path) if include_version else None
        return f"{url}?v={version}" if version else url

    def parse_url_path(self, url_path: str) -> str:
        """Give the relative path of a file for the path in a URL, its prefix cut off."""
        return url_path.replace("/", os.sep) if os.sep != "/" else url_path

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
        cls,
        settings: Mapping[str, Any],
        absolute_path: str,
        status: os.stat_result | None = None,
    ) -> str | None:
        if not settings.get("static_hash_cache", True):
            return cls.get_content_version(absolute_path)
        return cls._versions.get(absolute_path, cls.get_content_version, status)

    def _is_hash_expensive(self) -> bool:
        return (
            self._reads_plain_files()
            and self._stat().st_size > MAX_CACHED_SIZE
            and not self._versions.has(self.absolute_path)
        )

    def _reads_plain_files(self) -> bool:
        """Say whether contents are files as far as this class knows."""
        return type(self).get_content.__func__ is StaticFileHandler.get_content.__func__  # type: ignore[attr-defined]

    def _stat(self) -> os.stat_result:
        if self._stat_result is None:
            self._stat_result = os.stat(self.absolute_path)  # noqa: PTH116 - hot
        return self._stat_result


def _stat_or_404(path: str) -> os.stat_result:
    try:
        return os.stat(path)  # noqa: PTH116 - hot: no object per call
    except (OSError, ValueError):
        raise HTTPError(404) from None


def _read(path: str, start: int, end: int | None) -> Iterator[bytes]:
    """Give the octets of a file in pieces; the file is open while it is iterated."""
    with open(path, "rb") as file:  # noqa: PTH123 - any text that opens
        file.seek(start)
        left = end - start if end is not None else None
        while left is None or left > 0:
            piece = file.read(_CHUNK_SIZE if left is None else min(_CHUNK_SIZE, left))
            if not piece:
                return
            if left is not None:
                left -= len(piece)
            yield piece
