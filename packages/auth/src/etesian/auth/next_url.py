"""Where to go after a login, as far as the user's own link may say."""

from __future__ import annotations

import re

__all__ = ["local_next_url"]

# One slash and then neither slash nor backslash, which browsers read as a slash: two of them
# would begin a host. No white space and no control anywhere: browsers drop those before reading.
_LOCAL = re.compile(r"/(?:[^/\\\x00-\x20\x7f][^\\\x00-\x20\x7f]*)?")


def local_next_url(url: str | None, default: str = "/") -> str:
    """Give ``url`` if it is a path on this site, else ``default``.

    For the ``next`` argument of a login page, which anybody can put into a
    link: a login that ends elsewhere is a gift to whoever imitates the site.
    What is given starts with one slash and holds no backslash, white space or
    control character.
    """
    return url if url is not None and _LOCAL.fullmatch(url) else default
