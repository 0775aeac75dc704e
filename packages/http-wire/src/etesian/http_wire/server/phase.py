"""What a connection of the server is about to read."""

from __future__ import annotations

from enum import Enum, auto


class Phase(Enum):
    """What the next bytes are.

    ``HEAD`` leads to ``BODY``, that to ``RESPONSE``, and that back to ``HEAD``;
    every one of them may lead to ``NOTHING``, which is the last.
    """

    HEAD = auto()
    BODY = auto()
    RESPONSE = auto()  # the request is read, its answer is due: the bytes wait
    NOTHING = auto()  # refused, closing, or no longer ours
