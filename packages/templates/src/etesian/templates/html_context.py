"""Where in an HTML page a place between two pieces of text is.

A scanner for a lint, not a parser for browsers: it follows tags, attributes, comments
and the elements whose text is no HTML, over as many pieces of text as come. Each
character is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Place(Enum):
    """What a browser takes the next character for."""

    TEXT = "text"
    TAG = "a tag"
    BEFORE_VALUE = "an attribute whose value begins"
    UNQUOTED = "an attribute without quotes"
    QUOTED = "an attribute with quotes"
    SCRIPT = "a script"
    STYLE = "a style sheet"
    COMMENT = "a comment"


_RAW_ELEMENTS = {"script": Place.SCRIPT, "style": Place.STYLE}

_OPENING = re.compile(r"<!--|<(/?)([A-Za-z][^\s/>]*)")
_IN_TAG = re.compile(r"(>)|([^\s=>/\"']+)|(=)|.", re.DOTALL)
_BEFORE_VALUE = re.compile(r"\s*([\"']?)")
_UNQUOTED_END = re.compile(r"[\s>]")
_RAW_END = {name: re.compile(rf"</{name}", re.IGNORECASE) for name in _RAW_ELEMENTS}


class HTMLContext:
    """Follows the text of a page; ``place`` is where it has come to.

    In an attribute's value ``attribute`` is the attribute's name in lower case and
    ``value_begun`` tells whether anything of the value has come already.
    """

    def __init__(self) -> None:
        self.place = Place.TEXT
        self.attribute = ""
        self.value_begun = False
        self._element = ""
        self._quote = ""
        self._steps: dict[Place, Callable[[str, int], int]] = {
            Place.TEXT: self._in_text,
            Place.TAG: self._in_tag,
            Place.BEFORE_VALUE: self._before_value,
            Place.UNQUOTED: self._in_unquoted,
            Place.QUOTED: self._in_quoted,
            Place.SCRIPT: self._in_raw,
            Place.STYLE: self._in_raw,
            Place.COMMENT: self._in_comment,
        }

    def feed(self, text: str) -> None:
        """Go on over text of the page."""
        position = 0
        while position < len(text):
            position = self._steps[self.place](text, position)

    def value(self) -> None:
        """Go on over a value that somebody puts here."""
        if self.place is Place.BEFORE_VALUE:
            self.place = Place.UNQUOTED
        self.value_begun = True

    def _in_text(self, text: str, position: int) -> int:
        match = _OPENING.search(text, position)
        if match is None:
            return len(text)
        if match[2] is None:
            self.place = Place.COMMENT
        else:
            self.place = Place.TAG
            self.attribute = ""
            self._element = "" if match[1] else match[2].lower()
        return match.end()

    def _in_tag(self, text: str, position: int) -> int:
        match = _IN_TAG.match(text, position)
        if match is None:
            return len(text)
        if match[1]:
            self.place = _RAW_ELEMENTS.get(self._element, Place.TEXT)
        elif match[2]:
            self.attribute = match[2].lower()
        elif match[3]:
            self.place = Place.BEFORE_VALUE
            self.value_begun = False
        return match.end()

    def _before_value(self, text: str, position: int) -> int:
        match = _BEFORE_VALUE.match(text, position)
        end = match.end() if match else position
        if match and match[1]:
            self._quote = match[1]
            self.place = Place.QUOTED
        elif end < len(text):
            self.place = Place.UNQUOTED
        return end

    def _in_quoted(self, text: str, position: int) -> int:
        end = text.find(self._quote, position)
        if end < 0:
            self.value_begun = True
            return len(text)
        self.place = Place.TAG
        return end + 1

    def _in_unquoted(self, text: str, position: int) -> int:
        match = _UNQUOTED_END.search(text, position)
        self.value_begun = True
        if match is None:
            return len(text)
        self.place = Place.TAG
        # The bracket that ends the tag is the tag's.
        return match.start() + (match[0] != ">")

    def _in_raw(self, text: str, position: int) -> int:
        match = _RAW_END[self._element].search(text, position)
        if match is None:
            return len(text)
        self.place = Place.TAG
        self._element = ""
        return match.end()

    def _in_comment(self, text: str, position: int) -> int:
        end = text.find("-->", position)
        if end < 0:
            return len(text)
        self.place = Place.TEXT
        return end + 3
