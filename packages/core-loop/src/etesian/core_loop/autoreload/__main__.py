"""``python -m etesian.core_loop.autoreload``."""

from __future__ import annotations

from etesian.core_loop.autoreload.command import main

main()
