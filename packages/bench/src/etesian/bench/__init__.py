"""The benchmarks of Etesian, beside its peers: ``python -m etesian.bench http``."""

from __future__ import annotations

__all__: list[str] = []
