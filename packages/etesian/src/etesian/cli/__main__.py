"""``python -m etesian.cli`` is the ``etesian`` command."""

from __future__ import annotations

import sys

from etesian.cli.command import main

sys.exit(main())
