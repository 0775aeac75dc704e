"""The names that every template knows."""

from __future__ import annotations

import builtins
import datetime  # noqa: ICN001 - templates know it by this name
from typing import Any

from etesian.templates.escaping import json_encode, squeeze, url_escape, xhtml_escape
from etesian.templates.links import linkify

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
