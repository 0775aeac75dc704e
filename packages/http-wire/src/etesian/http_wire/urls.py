"""URLs and their query strings, bytes first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, overload
from urllib.parse import quote, quote_plus, unquote_to_bytes, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A port has 16 bits; a longer number is none.
_NETLOC_PORT: Final = re.compile(r"(.+):([0-9]{1,5})")


def url_escape(value: str | bytes, plus: bool = True) -> str:
    """Percent-encode ``value`` for a query, or with ``plus=False`` for a path.

    A space becomes ``+`` or ``%20``; text is encoded as UTF-8 first.
    """
    return quote_plus(value) if plus else quote(value)


@overload
def url_unescape(value: str | bytes, encoding: None, plus: bool = True) -> bytes: ...
@overload
def url_unescape(value: str | bytes, encoding: str = "utf-8", plus: bool = True) -> str: ...
def url_unescape(
    value: str | bytes, encoding: str | None = "utf-8", plus: bool = True
) -> str | bytes:
    """Undo percent-encoding; ``encoding=None`` gives the bytes themselves.

    ``plus`` makes a space of every ``+``. Raises ``UnicodeDecodeError`` where
    the bytes are not text of ``encoding``; ``%`` without two hexadecimal digits
    is left as it is.
    """
    if plus:
        value = value.replace("+", " ") if isinstance(value, str) else value.replace(b"+", b" ")
    raw = unquote_to_bytes(value)
    return raw if encoding is None else raw.decode(encoding)


def parse_qs_bytes(
    qs: str | bytes,
    keep_blank_values: bool = False,
    strict_parsing: bool = False,
    *,
    max_fields: int | None = None,
) -> dict[str, list[bytes]]:
    """Give the fields of a query: names as latin-1 text, values as bytes.

    Only ``&`` separates. Empty values are dropped unless
    ``keep_blank_values``. Raises ``ValueError`` for more than ``max_fields``
    fields, and with ``strict_parsing`` for a field without ``=``.
    """
    query = qs.encode("utf-8") if isinstance(qs, str) else qs
    fields: dict[str, list[bytes]] = {}
    if not query:
        return fields
    if max_fields is not None and query.count(b"&") >= max_fields:
        raise ValueError(f"more than {max_fields} form fields")
    for field in query.split(b"&"):
        name, equals, value = field.partition(b"=")
        if not equals and strict_parsing:
            raise ValueError("form field without '='")
        if not (value or (keep_blank_values and field)):
            continue
        key = _decoded(name).decode("latin-1")
        fields.setdefault(key, []).append(_decoded(value))
    return fields


def _decoded(part: bytes) -> bytes:
    if b"+" in part:
        part = part.replace(b"+", b" ")
    return unquote_to_bytes(part) if b"%" in part else part


def url_concat(
    url: str,
    args: Mapping[str, object] | Iterable[tuple[str, object]] | None,
) -> str:
    """Add ``args`` to the query of ``url``, which keeps its own query and fragment.

    ``None`` gives ``url`` unchanged. Raises ``TypeError`` where ``args`` is
    neither a mapping nor a sequence of pairs.
    """
    if args is None:
        return url
    pairs: Sequence[tuple[str, object]]
    if isinstance(args, (list, tuple)):
        pairs = args
    elif hasattr(args, "items"):
        pairs = list(args.items())
    else:
        raise TypeError(f"args must be a mapping or a list of pairs, not {type(args).__name__}")
    if not pairs:
        return url
    rest, hash_sign, fragment = url.partition("#")
    base, _, query = rest.partition("?")
    joined = "&".join(part for part in (query, urlencode(pairs)) if part)
    return f"{base}?{joined}{hash_sign}{fragment}"


def split_host_and_port(netloc: str) -> tuple[str, int | None]:
    """Split ``host:port``; the port is ``None`` where there is none of up to five digits.

    The brackets of an IPv6 address stay.
    """
    match = _NETLOC_PORT.fullmatch(netloc)
    if match is None or (netloc.startswith("[") and not match[1].endswith("]")):
        return netloc, None
    return match[1], int(match[2])  # digits of ASCII alone, by the expression above


def qs_to_qsl(qs: Mapping[str, Iterable[bytes]]) -> Iterable[tuple[str, bytes]]:
    """Give the pairs of what :func:`parse_qs_bytes` gave."""
    return ((name, value) for name, values in qs.items() for value in values)
