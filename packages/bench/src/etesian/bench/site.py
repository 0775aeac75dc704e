"""The site that every contender of the suite ``web`` serves, each in its own way.

The folder of its one file is made for the time of a measurement; programs find it in
their environment.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from etesian.bench.suites.templates import FILES, VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CASES", "FILES", "VALUES", "Case", "file_folder", "folder_of_files"]

HELLO = "Hello, world!"
MESSAGE = {"message": HELLO}
TEXT = "text/plain"
OCTETS = "application/octet-stream"
ROUTES = [f"/route/{number}/end" for number in range(200)]
PAGE = "page.txt"
FILE = "file.bin"
FILE_SIZE = 100 * 1024

_VARIABLE = "ETESIAN_BENCH_FILES"


@dataclass(frozen=True)
class Case:
    """A request that the site answers: with ``post_size`` octets it is a POST that gives them back.

    ``kind`` is the media type of the answer, whose parameters are left to the framework.
    """

    title: str
    path: str
    kind: str = TEXT
    post_size: int = 0


CASES = {
    "plaintext": Case("Hello, world", "/"),
    "json": Case("A small JSON object", "/json", "application/json"),
    "parameter": Case("A part of the path, given back", "/user/alice"),
    "post": Case("1 KiB posted and given back", "/echo", OCTETS, 1024),
    "page": Case(
        "A page of a template with inheritance, an include and loops", "/page", "text/html"
    ),
    "file": Case("A static file of 100 KiB", f"/static/{FILE}", OCTETS),
    "routes": Case("Hello, world at the last of 200 further routes", ROUTES[-1]),
    "coroutine": Case("Hello, world from a coroutine that waits a turn of the loop", "/coroutine"),
}


@contextmanager
def folder_of_files() -> Iterator[dict[str, str]]:
    """Make the folder of static files; give what programs must have in their environment."""
    with TemporaryDirectory(prefix="etesian-bench-") as folder:
        Path(folder, FILE).write_bytes(bytes(range(256)) * (FILE_SIZE // 256))
        yield {_VARIABLE: folder}


def file_folder() -> str:
    """Give the folder of static files; for programs."""
    return os.environ[_VARIABLE]
