"""Form bodies, queries and header parameters; the first line of the input is the Content-Type."""

from __future__ import annotations

from urllib.parse import urlencode

from etesian.http_wire.forms import MAX_FORM_FIELDS, parse_body_arguments
from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.parameters import parse_parameters
from etesian.http_wire.urls import (
    parse_qs_bytes,
    qs_to_qsl,
    split_host_and_port,
    url_concat,
    url_unescape,
)


def check(data: bytes) -> None:
    """Assert what of a form survives, and that nothing else raises."""
    first, _, body = data.partition(b"\n")
    content_type = first.decode("latin-1")
    _check_parameters(content_type)
    _check_query(body)
    arguments: dict[str, list[bytes]] = {}
    files: dict[str, list[object]] = {}
    try:
        parse_body_arguments(content_type, body, arguments, files)  # type: ignore[arg-type]
    except HTTPInputError as error:
        assert error.status_code in (400, 413)
        assert not arguments
        assert not files
    assert sum(map(len, arguments.values())) <= MAX_FORM_FIELDS


def _check_parameters(text: str) -> None:
    _, parameters = parse_parameters(text)
    assert all(name == name.lower() and name for name in parameters)
    host, port = split_host_and_port(text)
    assert port is None or 0 <= port < 100_000
    assert text.startswith(host)
    assert url_concat(text, {"a": "b"}).count("a=b") >= 1


def _check_query(body: bytes) -> None:
    fields = parse_qs_bytes(body, keep_blank_values=True)
    pairs = [(name.encode("latin-1"), value) for name, value in qs_to_qsl(fields)]
    assert parse_qs_bytes(urlencode(pairs), keep_blank_values=True) == fields
    assert len(url_unescape(body, encoding=None)) <= len(body)
    kept = parse_qs_bytes(body)
    assert kept.keys() <= fields.keys()
    assert all(value for values in kept.values() for value in values)
