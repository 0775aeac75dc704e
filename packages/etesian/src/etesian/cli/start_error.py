"""What keeps a server from starting, and is not the program's own error."""

from __future__ import annotations


class StartError(Exception):
    """Something that the command line names cannot be had; the text is for a person."""
