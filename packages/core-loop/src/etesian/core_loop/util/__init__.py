"""Small things that several parts need."""

from __future__ import annotations

from etesian.core_loop.util.configurable import Configurable
from etesian.core_loop.util.errors import TimeoutError  # noqa: A004  the documented name
from etesian.core_loop.util.importing import import_object

__all__ = ["Configurable", "TimeoutError", "import_object"]
