"""Form bodies: fields and files."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.multipart import DEFAULT_LIMITS, MultipartLimits, parse_multipart_form_data
from etesian.http_wire.parameters import parse_parameters
from etesian.http_wire.urls import parse_qs_bytes

if TYPE_CHECKING:
    from etesian.http_wire.headers import HTTPHeaders

_log = logging.getLogger("etesian.general")

# Forms of people have dozens of fields; each costs an allocation or three (as PHP and Django do).
MAX_FORM_FIELDS: Final = 1000


@dataclass(frozen=True, slots=True)
class HTTPFile:
    """An uploaded file; the first three attributes are also keys: ``file["body"]``.

    ``filename`` is the last part of what the client calls it, without its folders, and may be
    empty. It is the client's word still: never overwrite a file because of it. ``raw_filename``
    is all that the client said, and nothing of that is fit for a path.
    """

    filename: str
    body: bytes
    content_type: str
    raw_filename: str = field(default="", compare=False)

    def __getitem__(self, name: str) -> str | bytes:
        if name not in self.keys():
            raise KeyError(name)
        value: str | bytes = getattr(self, name)
        return value

    def keys(self) -> tuple[str, ...]:
        """Name the keys, so that ``dict(file)`` works."""
        return ("filename", "body", "content_type")


def parse_body_arguments(
    content_type: str,
    body: bytes,
    arguments: dict[str, list[bytes]],
    files: dict[str, list[HTTPFile]],
    headers: HTTPHeaders | None = None,
    *,
    limits: MultipartLimits = DEFAULT_LIMITS,
) -> None:
    """Add the fields of a form body to ``arguments`` and its files to ``files``.

    Other content types are ignored, and so, with a line in the log, are a body
    that ``headers`` say is still encoded and a urlencoded one that is not UTF-8.
    Empty values are kept. Raises ``HTTPInputError``: 400 for a malformed multipart
    body, 413 beyond a limit.
    """
    kind, parameters = parse_parameters(content_type)
    kind = kind.lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return
    if headers is not None and "Content-Encoding" in headers:
        _log.warning("Left a form body alone that is still content-encoded")
        return
    if kind == "multipart/form-data":
        boundary = parameters.get("boundary", "").encode("latin-1", "replace")
        parse_multipart_form_data(boundary, body, arguments, files, limits)
        return
    if not _is_utf8(body):
        return
    try:
        fields = parse_qs_bytes(body, keep_blank_values=True, max_fields=MAX_FORM_FIELDS)
    except ValueError as error:
        raise HTTPInputError(str(error), 413) from None
    for name, values in fields.items():
        arguments.setdefault(name, []).extend(values)


def _is_utf8(body: bytes) -> bool:
    """Tell whether what is not percent-encoded is text; the log tells where it is not."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        # Where, and not what: forms hold passwords.
        octet, place = body[error.start], error.start
        _log.warning("Left a urlencoded body alone that is not UTF-8: %#x at %d", octet, place)
        return False
    return True
