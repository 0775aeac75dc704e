"""The names that every template knows, and the fewer that a restricted one does."""

from __future__ import annotations

import builtins
import datetime  # noqa: ICN001 - templates know it by this name
from typing import Any

from etesian.templates.escaping import json_encode, squeeze, url_escape, xhtml_escape
from etesian.templates.links import linkify
from etesian.templates.restricted import FUNCTIONS

NAMES: dict[str, Any] = {
    # For code in C that imports (strftime does): it looks for __import__ in the globals of whoever
    # called it.
    "__builtins__": builtins,
    "escape": xhtml_escape,
    "xhtml_escape": xhtml_escape,
    "url_escape": url_escape,
    "json_encode": json_encode,
    "squeeze": squeeze,
    "linkify": linkify,
    "datetime": datetime,
}

# Neither Python's own names, whose text tells addresses, nor modules, whose text tells paths.
# For code in C there is __import__ here too: no restricted template can say a private name.
RESTRICTED_NAMES: dict[str, Any] = {
    "__builtins__": {"__import__": builtins.__import__},
    **{name: NAMES[name] for name in FUNCTIONS},
}
