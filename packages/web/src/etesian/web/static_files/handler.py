"""The handler that serves files, with all the points at which it can be overridden."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from etesian.web.accept_encoding import vary_by_accept_encoding
from etesian.web.http_date import format_http_date, parse_http_date
from etesian.web.static_files.body import send_body
from etesian.web.static_files.byte_range import ByteRange, UnsatisfiableRangeError, select_ranges
from etesian.web.static_files.content_cache import MAX_CACHED_SIZE
from etesian.web.static_files.located_file import LocatedFile
from etesian.web.static_files.media_type import media_type
from etesian.web.static_files.multipart_ranges import MultipartRanges
from etesian.web.static_files.sidecars import find_sidecar

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["StaticFileHandler"]


class StaticFileHandler(LocatedFile):
    """Serves the files below a folder: ``(r"/files/(.*)", StaticFileHandler, {"path": folder})``.

    The route captures the path. ``default_filename`` is served for a folder, which
    is else a 403. A path that leads out of the folder is refused, also by a symbolic
    link, and hidden files are not there.

    It answers conditional requests and ranges, and tells browsers to keep what is
    asked for by version (``?v=``, see :meth:`make_static_url`). To serve from
    elsewhere override :meth:`get_absolute_path`, :meth:`validate_absolute_path`,
    :meth:`get_content`, :meth:`get_content_size` and :meth:`get_modified_time`; an
    absolute path is then any text that names a content.
    """

    CACHE_MAX_AGE: ClassVar[int] = 86400 * 365 * 10
    """Seconds for which a versioned file may be kept: ten years."""

    modified: datetime | None = None
    _version: str | None = None
    _type_path: str
    _precompressed = False
    _max_ranges = 1

    def initialize(
        self,
        path: str,
        default_filename: str | None = None,
        precompressed: bool = False,
        max_ranges: int = 1,
    ) -> None:
        """Take the folder, and the name of the file that stands for a folder.

        With ``precompressed`` a file ``name.br``, ``name.zst`` or ``name.gz`` beside
        ``name`` is sent in its stead to clients that take the coding, unless it is
        older. A request for more than ``max_ranges`` ranges gets the whole file; up
        to there it gets all of them, as ``multipart/byteranges``.
        """
        self.root = path
        self.default_filename = default_filename
        self._precompressed = precompressed
        self._max_ranges = max_ranges

    def head(self, path: str) -> Awaitable[None] | None:
        """Answer as :meth:`get`, without reading the content."""
        return self.get(path, include_body=False)

    def get(self, path: str, include_body: bool = True) -> Awaitable[None] | None:
        """Serve the file. Small files are sent in this call; others in a coroutine."""
        self.path = self.parse_url_path(path)
        absolute_path = self._find()
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
        if not accepted:
            return
        root = os.path.abspath(self.root)  # noqa: PTH100 - no links resolved
        modified_ns = self._stamp().modified_ns
        sidecar = find_sidecar(self._judged, root, self.absolute_path, modified_ns, accepted)
        if sidecar is not None:
            self.absolute_path, self._known_stamp, coding = sidecar
            self.set_header("Content-Encoding", coding)

    async def _serve_later(self, include_body: bool) -> None:
        """Hash a large file in a thread, so that nobody else waits; then serve it."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(
            None, self._version_of, self.settings, self.absolute_path, self._known_stamp
        )
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
        headers = self._headers
        if "Range" not in self.request.headers:
            headers.set_valid("Content-Length", str(size))
            return send_body(self, iter((None,)), size) if include_body else None
        try:
            ranges = self._select_ranges(size)
        except UnsatisfiableRangeError:
            self.set_status(416)
            self.set_header("Content-Type", "text/plain")
            self.set_header("Content-Range", f"bytes */{size}")
            return None
        return self._serve_ranges(ranges, size, include_body)

    def _serve_ranges(
        self, ranges: tuple[ByteRange, ...], size: int, include_body: bool
    ) -> Awaitable[None] | None:
        pieces: list[bytes | ByteRange | None]
        length = size
        if not ranges:
            pieces = [None]
        elif len(ranges) == 1:
            start, end = ranges[0]
            length = end - start
            pieces = [*ranges]
            self.set_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        else:
            body = MultipartRanges(ranges, size, self._headers.get("Content-Type", ""))
            length = body.length
            pieces = [*body.pieces()]
            self.set_header("Content-Type", body.content_type)
        if ranges:
            self.set_status(206)
        self.set_header("Content-Length", length)
        return send_body(self, iter(pieces), size) if include_body else None

    def _select_ranges(self, size: int) -> tuple[ByteRange, ...]:
        """Give the ranges asked for, unless ``If-Range`` says that they would not fit any more."""
        headers = self.request.headers
        if_range = headers.get("If-Range")
        if if_range is not None and not self._is_current(if_range):
            return ()
        return select_ranges(headers.get("Range"), size, self._max_ranges)

    def _is_current(self, if_range: str) -> bool:
        """Compare strongly (RFC 9110, 13.1.5): a weak tag never fits, a date only exactly."""
        if if_range.startswith('"'):
            return if_range == self._headers.get("Etag")
        return self.modified is not None and parse_http_date(if_range) == self.modified

    def compute_etag(self) -> str | None:
        """Give the content's version as Etag; also where only a part of it is sent."""
        if self._version is None:
            self._version = self._version_of(self.settings, self.absolute_path, self._known_stamp)
        return f'"{self._version}"' if self._version else None

    def set_headers(self) -> None:
        """Set Etag, type and caching of the file. :meth:`set_extra_headers` can add to it."""
        headers = self._headers
        headers.set_valid("Accept-Ranges", "bytes")
        self.set_etag_header()
        if self.modified is not None:
            headers.set_valid("Last-Modified", _http_date(self.modified))
        content_type = self.get_content_type()
        if content_type:
            self.set_header("Content-Type", content_type)
            headers.set_valid("X-Content-Type-Options", "nosniff")
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

    def get_content_size(self) -> int:
        """Give the length of the whole content, in octets."""
        return self._stamp().size

    def get_modified_time(self) -> datetime | None:
        """Give when the content changed last, in whole seconds of UTC; ``None`` if unknown."""
        return _moment(self._stamp().modified_ns // 1_000_000_000)

    def get_content_type(self) -> str:
        """Give the media type, by the name of the file."""
        return media_type(self._type_path)

    def set_extra_headers(self, path: str) -> None:
        """Set further headers. Override it."""

    def get_cache_time(
        self,
        path: str,  # noqa: ARG002 - for those who override it
        modified: datetime | None,  # noqa: ARG002
        mime_type: str,  # noqa: ARG002
    ) -> int:
        """Give the seconds for which the content may be kept, 0 to say nothing. Override it."""
        request = self.request
        return self.CACHE_MAX_AGE if request.query and "v" in request.query_arguments else 0

    def _is_hash_expensive(self) -> bool:
        return (
            self._reads_plain_files()
            and self._stamp().size > MAX_CACHED_SIZE
            and not self._versions.has(self.absolute_path, self.get_content_version, self._stamp())
        )

    def _changes_output(self) -> bool:
        """Say whether the octets that are sent are not those of the file."""
        return any(transform.changes_body for transform in self._transforms or ())


# Moments of files that are asked for again and again; each is a few hundred octets.
@lru_cache(maxsize=1024)
def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=1024)
def _http_date(moment: datetime) -> str:
    return format_http_date(moment)
