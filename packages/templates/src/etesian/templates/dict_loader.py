"""Templates from a dictionary: for tests, and for small ones kept beside the code."""

from __future__ import annotations

from etesian.templates.loader import BaseLoader
from etesian.templates.origin import Origin, decode

# See the package itself.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class DictLoader(BaseLoader):
    """Loads templates from a mapping of names to texts; the options are the base's.

    A text may be given as its bytes in UTF-8. The mapping may change: ``reset``, or
    ``auto_reload``, makes that seen.

    >>> DictLoader({"a": "{% include b %}!", "b": "Hello {{ x }}"}).load("a").generate(x="<you>")
    b'Hello &lt;you&gt;!'
    """

    def __init__(self, dict: Mapping[str, str | bytes], **options: Any) -> None:  # noqa: A002 - documented
        super().__init__(**options)
        self.dict = dict

    def get_origin(self, name: str) -> Origin:
        """Look the name up.

        Raises:
            FileNotFoundError: it is not in the mapping.
            ParseError: it is not UTF-8.
        """
        try:
            text = self.dict[name]
        except KeyError:
            raise FileNotFoundError(f"no template {name!r} in the mapping") from None
        return Origin(name, name, decode(text, name) if isinstance(text, bytes) else text)

    def stamp(self, name: str) -> object:
        """Give the text itself."""
        return self.dict.get(name)
