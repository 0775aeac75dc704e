"""Cookies in a file: JSON, with everything that decides where they may go."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields
from math import isfinite
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from etesian.http_wire.client.cookie import Cookie

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["read_cookies", "write_cookies"]

_FORMAT = "etesian-cookies-1"

# Octets: a full jar of the largest cookies takes 13 MB.
_MAX_SIZE = 32 * 1024 * 1024

_FIELDS = frozenset(field.name for field in fields(Cookie))


def write_cookies(path: str | Path, cookies: Iterable[Cookie]) -> None:
    """Replace the file in one step, readable by its owner only."""
    path = Path(path)
    document = {"format": _FORMAT, "cookies": [asdict(cookie) for cookie in cookies]}
    with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        try:
            json.dump(document, file, indent=1)
            file.close()
            os.replace(file.name, path)  # noqa: PTH105  # what Path.replace is made of
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def read_cookies(path: str | Path) -> list[Cookie]:
    """Give the cookies of a file; raises ``ValueError`` where it is not one of ours."""
    with Path(path).open("rb") as file:
        text = file.read(_MAX_SIZE + 1)
    if len(text) > _MAX_SIZE:
        raise ValueError(f"{path} is larger than {_MAX_SIZE} octets")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is no JSON") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ValueError(f"{path} holds no cookies of this format")
    entries = document.get("cookies")
    if not isinstance(entries, list):
        raise ValueError(f"{path} has no list of cookies")  # noqa: TRY004  # of the file, not a type
    return [_cookie(entry, path) for entry in entries]


def _cookie(entry: object, path: str | Path) -> Cookie:
    if isinstance(entry, dict) and entry.keys() == _FIELDS:
        cookie = Cookie(**entry)
        texts = (cookie.name, cookie.value, cookie.domain, cookie.path)
        flags = (cookie.host_only, cookie.secure, cookie.http_only)
        if (
            all(isinstance(text, str) for text in texts)
            and all(isinstance(flag, bool) for flag in flags)
            and (cookie.expires is None or _is_time(cookie.expires))
        ):
            return cookie
    raise ValueError(f"{path} holds an entry that is no cookie")


def _is_time(value: object) -> bool:
    return type(value) in (int, float) and isfinite(value)  # type: ignore[arg-type]  # just seen
