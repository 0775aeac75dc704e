"""Header blocks as programs parse them by hand, folded lines included."""

from __future__ import annotations

import copy
import pickle

from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.interface import HTTPInputError


def check(data: bytes) -> None:
    """Assert that what was parsed, written and parsed again is the same, by every access."""
    try:
        headers = HTTPHeaders.parse(data.decode("latin-1"))
    except HTTPInputError:
        return
    assert HTTPHeaders.parse(str(headers)) == headers
    assert pickle.loads(pickle.dumps(headers)) == headers  # noqa: S301 - our own
    assert copy.copy(headers) == headers
    for name, value in headers.get_all():
        assert value in headers.get_list(name.lower())
        assert headers[name.upper()] == ",".join(headers.get_list(name))
        assert not set(name + value) & set("\r\n\0")
