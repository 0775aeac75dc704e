from __future__ import annotations

import pytest

from etesian.websocket.outgoing import as_control_data, as_message


@pytest.mark.spec("B-WS-019", "B-WS-020")
@pytest.mark.parametrize(
    ("message", "binary", "expected"),
    [
        ("text", False, "text"),
        ("é", True, b"\xc3\xa9"),
        (b"\xc3\xa9", False, "é"),
        (b"\xff", True, b"\xff"),
        (bytearray(b"ab"), True, b"ab"),
        (memoryview(b"ab"), True, b"ab"),
        ({"a": [1, None]}, False, '{"a": [1, null]}'),
        ({}, True, b"{}"),
    ],
)
def test_what_becomes_of_a_message(message, binary, expected):
    result = as_message(message, binary=binary)
    assert (type(result), result) == (type(expected), expected)


@pytest.mark.parametrize("message", [None, 1, ["a"], object()])
def test_what_is_no_message(message):
    with pytest.raises(TypeError, match="a message is str, bytes or dict"):
        as_message(message, binary=False)


@pytest.mark.spec("B-WS-020")
def test_bytes_that_are_not_utf8_need_binary():
    with pytest.raises(UnicodeDecodeError):
        as_message(b"\xff", binary=False)


def test_control_data():
    assert as_control_data("é") == b"\xc3\xa9"
    assert as_control_data(bytearray(b"x")) == b"x"
