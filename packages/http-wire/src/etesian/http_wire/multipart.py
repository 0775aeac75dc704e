"""multipart/form-data, taken apart while it arrives (RFC 7578, RFC 2046 section 5.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from etesian.http_wire.file_name import base_name
from etesian.http_wire.headers import normalized_name
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.parameters import parse_parameters
from etesian.http_wire.wire.grammar import (
    CRLF,
    FIELD_BYTES,
    HEAD_END,
    OWS,
    control_place,
    escaped,
    escaped_around,
    is_field_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etesian.http_wire.forms import HTTPFile


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipartLimits:
    """What a form may hold before it is refused. Sizes are octets.

    max_parts: 100 parts, files and fields; beyond it 413.
    max_part_headers, max_part_header_size: 16 lines and 8 KiB at the start of
        a part; beyond them 413.
    max_field_size: 1 MiB for a field without a file name; beyond it 413. Files
        are bounded by the size of the body alone.
    max_preamble_size: 64 KiB before the first boundary; beyond it 400.
    """

    max_parts: int = 100
    max_part_headers: int = 16
    max_part_header_size: int = 8 * 1024
    max_field_size: int = 1024 * 1024
    max_preamble_size: int = 64 * 1024


DEFAULT_LIMITS: Final = MultipartLimits()

# RFC 2046 allows 70 octets; a few programs write more, none this many.
_MAX_BOUNDARY_LENGTH: Final = 256


@dataclass(frozen=True, slots=True)
class PartBegin:
    """A part starts: its field name, its file name if it has one, and its type.

    ``filename`` is the last part of ``raw_filename``, which is all that the client said.
    """

    name: str
    filename: str | None
    content_type: str
    raw_filename: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PartData:
    """The next octets of the part."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The part is whole."""


Event = PartBegin | PartData | PartEnd

_END: Final = PartEnd()


class _State(Enum):
    PREAMBLE = auto()
    DELIMITER = auto()  # after a boundary: CRLF leads to HEADERS, "--" to EPILOGUE
    HEADERS = auto()
    DATA = auto()
    EPILOGUE = auto()


class MultipartParser:
    """Gives the parts of a form as events, at any cut of the bytes.

    Holds back no more than a part's head or the length of the boundary. Every
    error is an :class:`HTTPInputError`, and the first one ends the parsing.
    """

    __slots__ = ("_buffer", "_delimiter", "_field_room", "_limits", "_parts", "_room", "_state")

    def __init__(self, boundary: bytes, limits: MultipartLimits = DEFAULT_LIMITS) -> None:
        """``boundary`` comes from the Content-Type, its quotes left off or not."""
        if boundary[:1] == b'"' and boundary[-1:] == b'"':
            boundary = boundary[1:-1]
        if not boundary or len(boundary) > _MAX_BOUNDARY_LENGTH:
            raise HTTPInputError(
                f"multipart boundary of {len(boundary)} octets, expected 1 to "
                f"{_MAX_BOUNDARY_LENGTH}"
            )
        if boundary.translate(None, FIELD_BYTES) or boundary[-1:] in b" \t":
            raise HTTPInputError(f"invalid multipart boundary {escaped(boundary)}")
        self._delimiter = b"\r\n--" + boundary
        self._limits = limits
        # The first boundary may stand at the very start: as if a line had ended before it.
        self._buffer = bytearray(CRLF)
        self._state = _State.PREAMBLE
        self._parts = 0
        self._room = limits.max_preamble_size + 2
        self._field_room: int | None = None

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take the next octets of the body; iterate the result to its end.

        Raises ``HTTPInputError``: 413 beyond a limit, else 400.
        """
        self._buffer += data
        while True:
            before = (len(self._buffer), self._state)
            yield from self._step()
            if (len(self._buffer), self._state) == before:
                return

    def close(self) -> None:
        """Raise ``HTTPInputError`` where the last boundary has not come."""
        if self._state is not _State.EPILOGUE:
            raise HTTPInputError("multipart body without its last boundary")

    def _step(self) -> Iterator[Event]:
        if self._state is _State.DATA:
            yield from self._take_data()
        elif self._state is _State.PREAMBLE:
            self._skip_preamble()
        elif self._state is _State.DELIMITER:
            self._end_delimiter()
        elif self._state is _State.HEADERS:
            yield from self._take_headers()
        else:
            self._buffer.clear()  # what follows the last boundary means nothing

    def _take_until_delimiter(self) -> tuple[bytes, bool]:
        """Give what surely stands before the next delimiter, and whether that was found."""
        buffer = self._buffer
        end = buffer.find(self._delimiter)
        found = end >= 0
        if not found:
            end = max(len(buffer) - len(self._delimiter) + 1, 0)
        data = bytes(buffer[:end])
        del buffer[: end + len(self._delimiter) if found else end]
        return data, found

    def _skip_preamble(self) -> None:
        skipped, found = self._take_until_delimiter()
        self._room -= len(skipped)
        if self._room < 0:
            limit = self._limits.max_preamble_size
            raise HTTPInputError(f"multipart body without a boundary in its first {limit} octets")
        if found:
            self._state = _State.DELIMITER

    def _end_delimiter(self) -> None:
        ending = bytes(self._buffer[:2])
        if len(ending) < 2:
            return
        if ending == CRLF:
            self._state = _State.HEADERS
            # The CRLF stays: it makes a part without any header end like all others.
        elif ending == b"--":
            self._state = _State.EPILOGUE
        else:
            raise HTTPInputError(f"multipart boundary followed by {escaped(ending)}")

    def _take_headers(self) -> Iterator[Event]:
        limit = self._limits.max_part_header_size
        end = self._buffer.find(HEAD_END, 0, limit + 6)
        if end < 0:
            if len(self._buffer) >= limit + 6:
                raise HTTPInputError(f"part header of more than {limit} octets", 413)
            return
        block = bytes(self._buffer[2:end])
        del self._buffer[: end + 4]
        self._parts += 1
        if self._parts > self._limits.max_parts:
            raise HTTPInputError(f"more than {self._limits.max_parts} parts", 413)
        begin = self._part_begin(block)
        self._field_room = self._limits.max_field_size if begin.filename is None else None
        # As if a line had ended: the boundary may follow the head at once, for an empty part.
        self._buffer[:0] = CRLF
        self._room = 2
        self._state = _State.DATA
        yield begin

    def _part_begin(self, block: bytes) -> PartBegin:
        lines = block.split(CRLF)
        if len(lines) > self._limits.max_part_headers:
            raise HTTPInputError(f"more than {self._limits.max_part_headers} part headers", 413)
        if block.translate(None, FIELD_BYTES) != CRLF * (len(lines) - 1):
            shown = escaped_around(block, control_place(block))
            raise HTTPInputError(f"control character or bare line end in a part header: {shown}")
        fields: dict[str, str] = {}
        try:
            for line in lines:
                name, value = line.decode("utf-8", "replace").split(":", 1)
                fields.setdefault(normalized_name(name), value.strip(OWS))
        except ValueError:
            raise HTTPInputError(f"malformed part header {escaped(block)}") from None
        kind, parameters = parse_parameters(fields.get("Content-Disposition", ""))
        if kind.lower() != "form-data" or "name" not in parameters:
            shown = escaped(fields.get("Content-Disposition", ""))
            raise HTTPInputError(f"part without a form-data name: Content-Disposition {shown}")
        content_type = fields.get("Content-Type", "application/unknown")
        if content_type.lower().startswith("multipart/"):
            raise HTTPInputError(f"part of type {escaped(content_type)} within multipart")
        name, raw = parameters["name"], parameters.get("filename")
        # Browsers write a CR or LF in a name as %0D or %0A; an extended parameter hides it.
        if not is_field_value(name + (raw or "")):
            raise HTTPInputError(f"control character in a form-data name: {escaped(block)}")
        return PartBegin(name, None if raw is None else base_name(raw), content_type, raw)

    def _take_data(self) -> Iterator[Event]:
        data, found = self._take_until_delimiter()
        if self._room and data:  # our own CRLF, in front of the first octets
            data, self._room = data[self._room :], self._room - min(self._room, len(data))
        if self._field_room is not None:
            self._field_room -= len(data)
            if self._field_room < 0:
                raise HTTPInputError(
                    f"form field of more than {self._limits.max_field_size} octets", 413
                )
        if data:
            yield PartData(data)
        if found:
            self._state = _State.DELIMITER
            yield _END


def parse_multipart_form_data(
    boundary: bytes,
    data: bytes,
    arguments: dict[str, list[bytes]],
    files: dict[str, list[HTTPFile]],
    limits: MultipartLimits = DEFAULT_LIMITS,
) -> None:
    """Add the fields of a whole multipart body to ``arguments``, its files to ``files``.

    What follows the last boundary is ignored. Raises ``HTTPInputError``, with
    the dictionaries unchanged, for a malformed body or one beyond ``limits``.
    """
    from etesian.http_wire.forms import HTTPFile  # noqa: PLC0415  # which imports this module

    parser = MultipartParser(boundary, limits)
    parts: list[tuple[PartBegin, bytearray]] = []
    for event in parser.feed(data):
        if isinstance(event, PartBegin):
            parts.append((event, bytearray()))
        elif isinstance(event, PartData):
            parts[-1][1].extend(event.data)
    parser.close()
    for part, body in parts:
        if part.filename is None:
            arguments.setdefault(part.name, []).append(bytes(body))
        else:
            file = HTTPFile(part.filename, bytes(body), part.content_type, part.raw_filename or "")
            files.setdefault(part.name, []).append(file)
