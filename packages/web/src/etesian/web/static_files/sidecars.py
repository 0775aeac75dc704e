"""Files that lie beside others, compressed in advance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from etesian.web.accept_encoding import accepts_coding

if TYPE_CHECKING:
    from etesian.web.static_files.judged_paths import JudgedPaths
    from etesian.web.static_files.opened_file import Stamp

__all__ = ["Sidecar", "find_sidecar"]

# The best first: for text brotli's highest level wins by a tenth over zstd, and that over gzip.
_SUFFIXES: Final = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}


class Sidecar(NamedTuple):
    """A file with the same content in a ``Content-Encoding``."""

    path: str
    stamp: Stamp
    coding: str


def find_sidecar(
    judged: JudgedPaths, root: str, path: str, modified_ns: int, accept_encoding: str
) -> Sidecar | None:
    """Give the best compressed twin of a file that the client takes, if there is one.

    A twin that is older than the file (``modified_ns``) is out of date and not
    used; one that leads out of the root neither.
    """
    for coding, suffix in _SUFFIXES.items():
        if not accepts_coding(accept_encoding, coding):
            continue
        twin = path + suffix
        try:
            stamp = judged.judge(root, twin)
        except OSError:
            continue
        if stamp is not None and stamp.modified_ns >= modified_ns:
            return Sidecar(twin, stamp, coding)
    return None
