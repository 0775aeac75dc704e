"""Filters of the output, and the one that compresses it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, ClassVar

from etesian.web.accept_encoding import accepts_coding, vary_by_accept_encoding

if TYPE_CHECKING:
    from etesian.http_wire.interface import HTTPHeaders, HTTPServerRequest

__all__ = ["GZipContentEncoding", "OutputTransform"]


class OutputTransform:
    """Changes what a handler sends; derive from it and give it to ``add_transform``.

    One object serves one response. ``finishing`` says that nothing comes after.
    ``changes_body`` can be made false with the first piece by one that lets all
    others pass: the kernel may then send a file past it.
    """

    changes_body: bool = True

    def __init__(self, request: HTTPServerRequest) -> None:
        pass

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: ARG002
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Give status, headers and the first piece of the body, as they are to be sent."""
        return status_code, headers, chunk

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:  # noqa: ARG002
        """Give a later piece of the body, as it is to be sent; perhaps nothing yet."""
        return chunk


class GZipContentEncoding(OutputTransform):
    """Compresses text for clients that take gzip (setting ``compress_response``).

    A whole body below ``MIN_LENGTH`` stays as it is, and so does a response that has
    a ``Content-Encoding`` already; set it to ``identity`` where a page holds both a
    secret and what the client sent. ``Vary: Accept-Encoding`` is on all of them.
    """

    # Types beside text/* that get smaller.
    CONTENT_TYPES: ClassVar[set[str]] = {
        "application/javascript",
        "application/x-javascript",
        "application/xml",
        "application/atom+xml",
        "application/json",
        "application/problem+json",
        "application/xhtml+xml",
        "application/manifest+json",
        "image/svg+xml",
    }
    # zlib's own default: 9 costs twice the time for a percent.
    GZIP_LEVEL: ClassVar[int] = 6
    # Octets. Less fits in one packet with its head either way.
    MIN_LENGTH: ClassVar[int] = 1024

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._accepted = accepts_coding(request.headers.get("Accept-Encoding", ""), "gzip")
        # Set once it is decided to compress.
        self._compressor: zlib._Compress | None = None

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Decide whether to compress, and say so in the headers."""
        vary_by_accept_encoding(headers)
        self.changes_body = False
        if not self._accepted or not self._is_worth_it(status_code, headers, chunk, finishing):
            return status_code, headers, chunk
        self.changes_body = True
        headers["Content-Encoding"] = "gzip"
        _weaken_etag(headers)
        # 16 + 15: a gzip frame around a window of 32 KiB.
        self._compressor = zlib.compressobj(self.GZIP_LEVEL, zlib.DEFLATED, 31)
        chunk = self.transform_chunk(chunk, finishing)
        if finishing:
            headers["Content-Length"] = str(len(chunk))
        elif "Content-Length" in headers:
            del headers["Content-Length"]
        return status_code, headers, chunk

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        """Give what can be read of everything up to here, compressed."""
        if self._compressor is None:
            return chunk
        compressed = self._compressor.compress(chunk)
        # Flushed at every piece: the client is to see now what the handler flushed now.
        return compressed + self._compressor.flush(
            zlib.Z_FINISH if finishing else zlib.Z_SYNC_FLUSH
        )

    def _is_worth_it(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> bool:
        if status_code < 200 or status_code in (204, 206, 304):
            return False
        if "Content-Encoding" in headers or "Content-Range" in headers:
            return False
        if finishing and len(chunk) < self.MIN_LENGTH:
            return False
        media_type = headers.get("Content-Type", "").partition(";")[0].strip(" \t").lower()
        return media_type.startswith("text/") or media_type in self.CONTENT_TYPES


def _weaken_etag(headers: HTTPHeaders) -> None:
    """Say that the body is equal in meaning only: compressed it has other octets."""
    etag = headers.get("Etag")
    if etag and not etag.startswith("W/"):
        headers["Etag"] = "W/" + etag
