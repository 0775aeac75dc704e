"""What those who test protocols on streams need: faults on demand, and a conformance kit."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etesian.streams.testing.conformance import check_stream
    from etesian.streams.testing.faults import Faults
    from etesian.streams.testing.faulty_relay import FaultyRelay
    from etesian.streams.testing.faulty_stream import FaultyStream
    from etesian.streams.testing.pair import stream_pair

__all__ = ["Faults", "FaultyRelay", "FaultyStream", "check_stream", "stream_pair"]

_HOMES = {
    "FaultyRelay": "faulty_relay",
    "FaultyStream": "faulty_stream",
    "Faults": "faults",
    "check_stream": "conformance",
    "stream_pair": "pair",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what is public, loaded or not."""
    return __all__
