"""The Range header, and the dates and numbers that stand in others."""

from __future__ import annotations

from etesian.http_wire.byte_range import parse_byte_range
from etesian.http_wire.wire.grammar import decimal, list_members


def check(data: bytes) -> None:
    """Assert that a range selects what its own text says, and that nothing else raises."""
    text = data.decode("latin-1")
    bounds = parse_byte_range(text)
    if bounds is not None:
        start, end = bounds
        first, _, last = text.partition("=")[2].partition("-")
        if first:
            assert start == int(first)
            assert end == (int(last) + 1 if last else None)
        else:
            assert (start, end) == (-int(last), None)
        selected = range(100)[start:end]
        assert len(selected) <= 100
    try:
        number = decimal(text)
    except (ValueError, OverflowError):
        pass
    else:
        assert str(number) == (text.lstrip("0") or "0")
    assert len(list_members(text)) == text.count(",") + 1
