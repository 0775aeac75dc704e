"""The names of the ways to treat white space, and which one holds where nobody chooses."""

from __future__ import annotations

MODES = frozenset({"all", "single", "oneline"})


def default_mode(template_name: str) -> str:
    """Give the mode of a template that chooses none.

    Extra white space means nothing in HTML and little in JavaScript; in any other
    kind of file it may mean everything.
    """
    return "single" if template_name.endswith((".html", ".js")) else "all"
