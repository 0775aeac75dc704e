"""What can be wrong with options.

Error
└── InvalidValueError (also a ValueError)
"""

from __future__ import annotations

__all__ = ["Error", "InvalidValueError"]


class Error(Exception):
    """An option is unknown, defined twice, or given something it does not take."""


class InvalidValueError(Error, ValueError):
    """The text given for an option cannot be read as its type."""
