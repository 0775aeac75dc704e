"""The Cookie header."""

from __future__ import annotations

from etesian.http_wire.cookies import parse_cookie
from etesian.http_wire.headers import HTTPHeaders
from etesian.http_wire.request import HTTPServerRequest


def check(data: bytes) -> None:
    """Assert that nothing raises, and that plain cookies survive being written and read."""
    text = data.decode("latin-1")
    cookies = parse_cookie(text)
    assert len(cookies) <= text.count(";") + 1
    for name, value in cookies.items():
        assert not set(name) & set(";=")
        assert len(value) <= len(text)
    plain = {n: v for n, v in cookies.items() if n and not set(v) & set('";') and v == v.strip()}
    assert parse_cookie("; ".join(f"{name}={value}" for name, value in plain.items())) == plain
    printable = "".join(character for character in text if character >= " " and character != "\x7f")
    request = HTTPServerRequest("GET", "/", headers=HTTPHeaders({"Cookie": printable}))
    assert set(request.cookies) <= set(parse_cookie(printable))
