"""Where in an HTML page a place between two pieces of text is.

A scanner for a lint, not a parser for browsers: it follows tags, attributes, comments
and the elements whose text is no HTML, over as many pieces of text as come. Each
character is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from copy import copy
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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
    NO_TAGS = "text in which no tag begins"


_RAW_ELEMENTS = {
    "script": Place.SCRIPT,
    "style": Place.STYLE,
    "textarea": Place.NO_TAGS,
    "title": Place.NO_TAGS,
}

# What a value is in the text of an attribute: a character that nobody writes there.
_VALUE = "\ufffc"

# Characters that are kept of an attribute's text: enough for the scheme of a URL, with references
# in the place of letters.
_KEPT = 200

# A comment that ends as it begins is none to be inside of. A bracket with nothing after it begins
# a tag whose name is a value.
_OPENING = re.compile(r"<!--(-?>)?|<(/?)([A-Za-z][^\s/>]*)|</?\Z")
_COMMENT_END = re.compile(r"--!?>")
_IN_TAG = re.compile(r"(>)|([^\s=>/\"']+)|(=)|.", re.DOTALL)
_BEFORE_VALUE = re.compile(r"\s*([\"']?)")
_UNQUOTED_END = re.compile(r"[\s>]")
_RAW_END = {name: re.compile(rf"</{name}", re.IGNORECASE) for name in _RAW_ELEMENTS}


class HTMLContext:
    """Follows the text of a page; ``place`` is where it has come to.

    In an attribute's value ``attribute`` is the attribute's name in lower case and
    ``value_text`` what has come of it, if it is long only the first of it.
    ``last`` is the character before this place.
    """

    def __init__(self) -> None:
        self.place = Place.TEXT
        self.attribute = ""
        self.value_text = ""
        self.last = ""
        self._element = ""
        self._quote = ""

    def feed(self, text: str) -> None:
        """Go on over text of the page."""
        position = 0
        while position < len(text):
            position = _STEPS[self.place](self, text, position)
        self.last = text[-1:]

    def branch(self) -> HTMLContext:
        """Give a context that goes on from here by itself."""
        return copy(self)

    def join(self, branches: Sequence[HTMLContext]) -> None:
        """Go on from where branches that began here ended, one of which was taken.

        Where they ended in different places it is the first one that moved. Where they
        ended in one attribute, it is the one that put least into it.
        """
        ends = [branch for branch in branches if branch.place is not self.place] or branches
        alike = [branch for branch in ends if branch.place is ends[0].place]
        self.__dict__.update(vars(min(alike, key=lambda branch: len(branch.value_text))))

    def value(self) -> None:
        """Go on over a value that somebody puts here."""
        if self.place is Place.BEFORE_VALUE:
            self.place = Place.UNQUOTED
        self._keep(_VALUE)
        self.last = _VALUE

    def _in_text(self, text: str, position: int) -> int:
        match = _OPENING.search(text, position)
        if match is None:
            return len(text)
        if not match[0].startswith("<!--"):
            self.place = Place.TAG
            self.attribute = ""
            self._element = "" if match[2] else (match[3] or "").lower()
        elif match[1] is None:
            self.place = Place.COMMENT
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
            self.value_text = ""
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
            self._keep(text[position:])
            return len(text)
        self.place = Place.TAG
        return end + 1

    def _in_unquoted(self, text: str, position: int) -> int:
        match = _UNQUOTED_END.search(text, position)
        if match is None:
            self._keep(text[position:])
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
        match = _COMMENT_END.search(text, position)
        if match is None:
            return len(text)
        self.place = Place.TEXT
        return match.end()

    def _keep(self, text: str) -> None:
        self.value_text = (self.value_text + text)[:_KEPT]


_STEPS: dict[Place, Callable[[HTMLContext, str, int], int]] = {
    Place.TEXT: HTMLContext._in_text,  # noqa: SLF001 - the table belongs to the class
    Place.TAG: HTMLContext._in_tag,  # noqa: SLF001
    Place.BEFORE_VALUE: HTMLContext._before_value,  # noqa: SLF001
    Place.UNQUOTED: HTMLContext._in_unquoted,  # noqa: SLF001
    Place.QUOTED: HTMLContext._in_quoted,  # noqa: SLF001
    Place.SCRIPT: HTMLContext._in_raw,  # noqa: SLF001
    Place.STYLE: HTMLContext._in_raw,  # noqa: SLF001
    Place.NO_TAGS: HTMLContext._in_raw,  # noqa: SLF001
    Place.COMMENT: HTMLContext._in_comment,  # noqa: SLF001
}
