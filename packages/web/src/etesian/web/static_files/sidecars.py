"""Files that lie beside others, compressed in advance."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from etesian.web.accept_encoding import accepts_coding
from etesian.web.static_files.confinement import is_truly_below

__all__ = ["Sidecar", "find_sidecar"]

# The best first: for text brotli's highest level wins by a tenth over zstd, and that over gzip.
_SUFFIXES: Final = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}


class Sidecar(NamedTuple):
    """A file with the same content in a ``Content-Encoding``."""

    path: str
    coding: str


def find_sidecar(root: str, path: str, accept_encoding: str) -> Sidecar | None:
    """Give the best compressed twin of a file that the client takes, if there is one.

    A twin that is older than the file is out of date and not used; one that is a
    link out of the root neither.
    """
    for coding, suffix in _SUFFIXES.items():
        if not accepts_coding(accept_encoding, coding):
            continue
        twin = path + suffix
        try:
            is_current = os.stat(twin).st_mtime_ns >= os.stat(path).st_mtime_ns  # noqa: PTH116
        except OSError:
            continue
        if is_current and os.path.isfile(twin) and is_truly_below(root, twin):  # noqa: PTH113
            return Sidecar(twin, coding)
    return None
