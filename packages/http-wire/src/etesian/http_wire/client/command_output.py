"""Where the command puts what came."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO

from etesian.http_wire.client.command_failures import WriteError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Self

    from etesian.http_wire.client.stream import ResponseStream
    from etesian.http_wire.headers import HTTPHeaders

__all__ = ["Output", "show_request", "tell", "writing"]

# Seconds between two looks at the progress: more are not seen.
_PROGRESS_PAUSE = 0.1


class Output:
    """A file, made when there is something for it, or standard output; progress beside it.

    Methods raise ``WriteError`` where something cannot be written.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._is_file = options.output not in (None, "-")
        self._file: BinaryIO | None = None if self._is_file else _standard_output()
        self._written = 0
        self._shown_at = 0.0
        self._shows_progress = self._is_file and not options.silent and sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close the file, or flush standard output."""
        with writing():
            if self._file is not None:
                self._file.flush()
                if self._is_file:
                    self._file.close()

    def head(self, response: ResponseStream) -> None:
        """Print what is wanted of the head."""
        self._written = 0
        lines = [f"{name}: {value}" for name, value in response.headers.get_all()]
        status = f"HTTP/1.1 {response.code} {response.reason}"
        if self._options.include or self._options.head:
            self._write("\r\n".join([status, *lines, "", ""]).encode("latin-1"))
        elif self._options.print_headers:
            self._write("\n".join([*lines, "", ""]).encode("latin-1"))
        if self._options.verbose:
            _show("< ", [status, *lines])

    def piece(self, piece: bytes, headers: HTTPHeaders) -> None:
        """Print a piece of the body."""
        if self._options.output is None and not self._written and _is_unreadable(piece):
            raise WriteError("the body is binary, and no text for a terminal: use -o FILE or -o -")
        self._write(piece)
        self._written += len(piece)
        if self._shows_progress and monotonic() - self._shown_at >= _PROGRESS_PAUSE:
            self._show_progress(headers)

    def body_ended(self, headers: HTTPHeaders) -> None:
        """Make an empty file of an empty body, and end the line of the progress."""
        self._write(b"")
        if self._shows_progress:
            self._show_progress(headers)
            tell("\n")

    def _write(self, data: bytes) -> None:
        with writing():
            if self._file is None:
                self._file = Path(self._options.output).open("wb")  # noqa: SIM115  # see __exit__
            self._file.write(data)
            if not self._is_file:
                self._file.flush()

    def _show_progress(self, headers: HTTPHeaders) -> None:
        self._shown_at = monotonic()
        total = headers.get("Content-Length", "")
        of = f" of {_size(int(total))}" if total and "Content-Encoding" not in headers else ""
        tell(f"\r\x1b[K{_size(self._written)}{of}")


@contextmanager
def writing() -> Iterator[None]:
    """Raise ``WriteError`` for an ``OSError`` of this block."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"the output cannot be written: {error}") from error


def _standard_output() -> BinaryIO:
    # Who starts a program may have closed it: there is no such object then.
    if sys.stdout is None:
        raise WriteError("the output cannot be written: standard output is closed")
    return sys.stdout.buffer


def show_request(head: bytes) -> None:
    """Show the head of a request on standard error."""
    _show("> ", head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n"))


def _show(mark: str, lines: list[str]) -> None:
    for line in lines:
        tell(f"{mark}{line}\n".encode("ascii", "backslashreplace").decode())


def tell(text: str) -> None:
    """Write to standard error, where somebody reads it."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        # No reason to end the fetch; what the buffer still holds must not be tried again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _is_unreadable(piece: bytes) -> bool:
    return b"\x00" in piece and sys.stdout.isatty()


def _size(octets: int) -> str:
    size, unit = float(octets), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1000 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
