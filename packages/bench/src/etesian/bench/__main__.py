"""``python -m etesian.bench SUITE`` measures and prints a table."""

from __future__ import annotations

import sys

from etesian.bench.command import main

sys.exit(main())
