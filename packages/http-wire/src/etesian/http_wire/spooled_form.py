"""A form that arrives in pieces: its fields in memory, its large files on the disk."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Final, Self

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.multipart import (
    DEFAULT_LIMITS,
    MultipartLimits,
    MultipartParser,
    PartBegin,
    PartData,
)
from etesian.http_wire.parameters import parse_parameters
from etesian.http_wire.wire.grammar import escaped

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

# Octets of each file that stay in memory: a form of ordinary pictures leaves the disk alone, and
# ten uploads at once of one file each need no more than ten times this.
_MEMORY_PER_FILE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """An uploaded file: what the client says of it, as in ``HTTPFile``, and ``file`` to read.

    ``file`` is at its beginning when the form is whole, and belongs to the form.
    """

    filename: str
    content_type: str
    raw_filename: str
    file: SpooledTemporaryFile[bytes]


class SpooledForm:
    """The fields and files of a multipart body, whatever its size.

    ``feed`` it the pieces of the body and ``close`` it at the end; then
    ``arguments`` and ``files`` hold all values by field name, as those of a
    request do. A file of more than ``memory_per_file`` octets is written to one
    in ``directory`` (by default that of the system) which only this process can
    open: without a name where the system can, else created anew under a random
    one (``O_EXCL``), readable for its owner alone (mode 0600), its name removed
    at once. So it is gone with the form, with the process, and after a crash.

    Leaving a ``with`` block discards the form, by an error and a cancel too,
    and so does an error of ``feed`` or ``close``. Writing blocks as long as the
    disk does; nothing of this may be called by two threads at once.

    Raises ``HTTPInputError`` where ``content_type`` is not ``multipart/form-data``
    with a boundary.
    """

    def __init__(
        self,
        content_type: str,
        limits: MultipartLimits = DEFAULT_LIMITS,
        *,
        memory_per_file: int = _MEMORY_PER_FILE,
        directory: str | Path | None = None,
    ) -> None:
        kind, parameters = parse_parameters(content_type)
        if kind.lower() != "multipart/form-data":
            raise HTTPInputError(f"Content-Type {escaped(content_type)}, not multipart/form-data")
        boundary = parameters.get("boundary", "").encode("latin-1", "replace")
        self._parser = MultipartParser(boundary, limits)
        self._memory_per_file = memory_per_file
        self._directory = None if directory is None else str(directory)
        self._part: bytearray | SpooledTemporaryFile[bytes] = bytearray()
        self._fields: list[tuple[str, bytearray]] = []
        self.files: dict[str, list[SpooledFile]] = {}

    @property
    def arguments(self) -> dict[str, list[bytes]]:
        """The values of the fields without a file name."""
        arguments: dict[str, list[bytes]] = {}
        for name, value in self._fields:
            arguments.setdefault(name, []).append(bytes(value))
        return arguments

    def feed(self, data: bytes) -> None:
        """Take the next octets of the body.

        Raises ``HTTPInputError`` as ``MultipartParser.feed`` does, and
        ``OSError`` where the disk does not take them.
        """
        try:
            for event in self._parser.feed(data):
                if isinstance(event, PartBegin):
                    self._begin(event)
                elif isinstance(event, PartData):
                    self._add(event.data)
        except BaseException:
            self.discard()
            raise

    def close(self) -> None:
        """Take the end of the body, and rewind the files.

        Raises ``HTTPInputError`` where the last boundary has not come, and ``OSError``
        where the disk does not take the end of a file.
        """
        try:
            self._parser.close()
            for file in self._all_files():
                file.seek(0)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Forget the fields, and close the files, which deletes them; allowed at any time."""
        for file in self._all_files():
            # What a full disk has not taken would be written now, to be deleted.
            with suppress(OSError):
                file.close()
        self._fields.clear()
        self.files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()

    def _begin(self, part: PartBegin) -> None:
        if part.filename is None:
            self._part = bytearray()
            self._fields.append((part.name, self._part))
            return
        # The size 0 would mean that all stays in memory.
        file = SpooledTemporaryFile(max(self._memory_per_file, 1), dir=self._directory)  # noqa: SIM115  # discard() closes it
        self._part = file
        upload = SpooledFile(part.filename, part.content_type, part.raw_filename or "", file)
        self.files.setdefault(part.name, []).append(upload)

    def _add(self, data: bytes) -> None:
        if isinstance(self._part, bytearray):
            self._part += data
        else:
            self._part.write(data)

    def _all_files(self) -> list[SpooledTemporaryFile[bytes]]:
        return [upload.file for uploads in self.files.values() for upload in uploads]
