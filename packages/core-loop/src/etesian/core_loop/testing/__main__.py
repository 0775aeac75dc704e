"""``python -m etesian.core_loop.testing NAME``."""

from __future__ import annotations

from etesian.core_loop.testing.command import main

main()
