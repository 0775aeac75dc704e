import pytest

from etesian.http_wire.interface import HTTPHeaders
from etesian.web.vary import vary_by


@pytest.mark.parametrize(
    ("present", "result"),
    [
        (None, "Origin"),
        ("Cookie", "Cookie, Origin"),
        ("origin", "origin"),
        ("Cookie,  ORIGIN", "Cookie,  ORIGIN"),
        ("*", "*"),
        ("X-Origin", "X-Origin, Origin"),
    ],
)
def test_a_name_is_added_once(present, result):
    headers = HTTPHeaders() if present is None else HTTPHeaders({"Vary": present})
    vary_by(headers, "Origin")
    assert headers["Vary"] == result
