"""The grammar of the handshake's header fields (RFC 9110, 5.6; RFC 6455, 9.1).

All of it is ASCII and linear: a value is cut at its separators once, and each
piece must match one anchored expression without nested repeats.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["Extension", "has_token", "parse_extensions", "parse_tokens", "split_list"]

_TCHAR: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_TOKEN: Final = re.compile(rf"{_TCHAR}+")
# A quoted value must be a token without its quotes (RFC 6455, 9.1).
_PARAMETER: Final = re.compile(rf'({_TCHAR}+)(?:=(?:({_TCHAR}+)|"({_TCHAR}+)"))?')

# Elements of one list, parameters of one extension. Browsers send one or two; the
# HTTP head alone would admit tens of thousands.
_MAX_ELEMENTS: Final = 32


class Extension(NamedTuple):
    """An extension as it was offered or accepted; values are ``None`` where none was given."""

    name: str
    parameters: tuple[tuple[str, str | None], ...] = ()


def split_list(values: list[str]) -> list[str]:
    """Give the elements of a comma-separated list, over all its header lines.

    Empty elements are dropped (RFC 9110, 5.6.1.2). Raises ``ValueError`` above
    32 elements.
    """
    elements: list[str] = []
    for value in values:
        for element in value.split(",", _MAX_ELEMENTS):
            if stripped := element.strip(" \t"):
                elements.append(stripped)
            if len(elements) > _MAX_ELEMENTS:
                raise ValueError(f"list of more than {_MAX_ELEMENTS} elements")
    return elements


def parse_tokens(values: list[str]) -> list[str]:
    """Give a list of tokens; ``ValueError`` for an element that is not one."""
    elements = split_list(values)
    if not all(_TOKEN.fullmatch(element) for element in elements):
        raise ValueError("list element is not a token")
    return elements


def has_token(values: list[str], token: str) -> bool:
    """Say whether a list holds ``token`` (given in lower case), in any case."""
    try:
        return token in [element.lower() for element in parse_tokens(values)]
    except ValueError:
        return False


def parse_extensions(values: list[str]) -> list[Extension]:
    """Give the extensions of ``Sec-WebSocket-Extensions`` lines, in their order.

    Raises ``ValueError`` where the grammar of RFC 6455, 9.1 is broken.
    """
    return [_parse_extension(element) for element in split_list(values)]


def _parse_extension(element: str) -> Extension:
    name, *parameters = [part.strip(" \t") for part in element.split(";", _MAX_ELEMENTS)]
    if not _TOKEN.fullmatch(name):
        raise ValueError("extension name is not a token")
    return Extension(name, tuple(_parse_parameter(part) for part in parameters))


def _parse_parameter(text: str) -> tuple[str, str | None]:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise ValueError("extension parameter is not name or name=value")
    name, value, quoted = match.groups()
    return name, value or quoted
