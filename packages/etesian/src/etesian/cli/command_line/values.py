"""Values of options: from the word on the command line, or a complaint about it."""

from __future__ import annotations

from argparse import ArgumentTypeError
from ipaddress import ip_network
from math import inf
from pathlib import Path

from etesian.core_loop.interface import api as core_loop

# No count has more, and all that have them fit into what the system takes.
_MAX_DIGITS = 9
_MULTIPLES = {"K": 1024, "M": 1024**2, "G": 1024**3}


def size(text: str) -> int:
    """Give the octets of ``65536``, ``64K`` or ``10M``."""
    digits, unit = (text[:-1], text[-1:].upper()) if text[-1:].isalpha() else (text, "")
    if not digits.isascii() or not digits.isdigit() or unit not in {"", *_MULTIPLES}:
        raise ArgumentTypeError(f"got {text!r}, expected a size such as 65536, 64K or 10M")
    return int(digits) * _MULTIPLES.get(unit, 1)


def positive_size(text: str) -> int:
    """Give a size that is more than nothing."""
    octets = size(text)
    if not octets:
        raise ArgumentTypeError("got 0, expected more")
    return octets


def seconds(text: str) -> float:
    """Give a time that is not negative and ends."""
    try:
        time = float(text)
    except ValueError:
        time = -1.0
    if not 0 <= time < inf:
        raise ArgumentTypeError(f"got {text!r}, expected a number of seconds")
    return time


def positive_seconds(text: str) -> float:
    """Give a time that is more than none."""
    time = seconds(text)
    if not time:
        raise ArgumentTypeError("got 0, expected more")
    return time


def folder(text: str) -> str:
    """Give the path back where a folder is there."""
    if not Path(text).is_dir():
        raise ArgumentTypeError(f"got {text!r}, expected a folder")
    return text


def whole(text: str) -> int:
    """Give a number from 0 on."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise ArgumentTypeError(f"got {text!r}, expected a whole number")
    return int(text)


def count(text: str) -> int:
    """Give a number from 1 on."""
    number = whole(text)
    if not number:
        raise ArgumentTypeError("got 0, expected 1 or more")
    return number


def workers(text: str) -> int:
    """Give a number of processes; ``auto`` is one for each processor."""
    if text != "auto":
        return count(text)
    processors: int = core_loop.process.cpu_count()
    return processors


def mode(text: str) -> int:
    """Give the permissions that octal digits stand for."""
    try:
        bits = int(text, 8)
    except ValueError:
        bits = -1
    if not 0 <= bits <= 0o777:
        raise ArgumentTypeError(f"got {text!r}, expected a mode such as 660")
    return bits


def network(text: str) -> str:
    """Give the text back where it names an address or a network."""
    try:
        ip_network(text)
    except ValueError:
        raise ArgumentTypeError(f"got {text!r}, expected a network such as 10.0.0.0/8") from None
    return text
