"""``python -m etesian.http_wire.client URL``: fetch and print."""

from __future__ import annotations

import sys

from etesian.http_wire.client.command import main

if __name__ == "__main__":
    sys.exit(main())
