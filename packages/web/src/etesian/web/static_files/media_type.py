"""The media type of a file, by its name."""

from __future__ import annotations

import mimetypes
from typing import Final

__all__ = ["guessed_type", "media_type"]

_ARCHIVE_TYPES: Final = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
}
_UNKNOWN: Final = "application/octet-stream"


def media_type(path: str) -> str:
    """Give the type of a file; that of the archive for one that is compressed.

    With ``Content-Encoding`` instead, browsers would unpack what is to be downloaded.
    """
    mime_type, encoding = guessed_type(path)
    if encoding is not None:
        return _ARCHIVE_TYPES.get(encoding, _UNKNOWN)
    return mime_type or _UNKNOWN


def guessed_type(path: str) -> tuple[str | None, str | None]:
    """Give what :func:`mimetypes.guess_type` gives, sooner for the usual name."""
    dot = path.rfind(".")  # behind a slash, or only dots, it begins a name without a suffix
    suffix = path[dot:]
    known = mimetypes.types_map.get(suffix) if dot > 0 and path[dot - 1] not in "/." else None
    if (
        known is None
        or not mimetypes.inited  # the tables of the system come with the first guess
        or suffix in mimetypes.suffix_map
        or suffix in mimetypes.encodings_map
    ):
        return mimetypes.guess_type(path)
    return known, None
