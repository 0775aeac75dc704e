from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.websocket.wire.close_codes import is_sendable, parse_close, serialise_close
from etesian.websocket.wire.errors import ProtocolError

FORBIDDEN = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
ALLOWED = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999]


@pytest.mark.spec("S223")
@pytest.mark.parametrize("code", FORBIDDEN)
def test_codes_that_may_not_be_sent_are_a_protocol_error(code):
    assert not is_sendable(code)
    with pytest.raises(ProtocolError) as caught:
        parse_close(code.to_bytes(2, "big"))
    assert caught.value.close_code == 1002
    with pytest.raises(ValueError, match=f"close code {code} "):
        serialise_close(code)


@pytest.mark.spec("S223")
def test_a_body_of_one_byte_is_a_protocol_error():
    with pytest.raises(ProtocolError) as caught:
        parse_close(b"\x03")
    assert caught.value.close_code == 1002


@pytest.mark.spec("S222")
def test_a_reason_that_is_not_utf8_is_invalid_data():
    with pytest.raises(ProtocolError) as caught:
        parse_close(b"\x03\xe8\xce\xba\xff")
    assert caught.value.close_code == 1007


@given(
    code=st.sampled_from(ALLOWED),
    reason=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
)
def test_code_and_reason_come_back(code, reason):
    assert parse_close(serialise_close(code, reason)) == (code, reason)


@pytest.mark.spec("B-WS-033")
def test_what_is_absent_is_none():
    assert parse_close(b"") == (None, None)
    assert parse_close(b"\x03\xe8") == (1000, None)
    assert serialise_close(None) == b""


@pytest.mark.spec("B-WS-031")
def test_a_reason_without_a_code_gets_1000():
    assert serialise_close(None, "bye") == b"\x03\xe8bye"


def test_a_reason_that_does_not_fit_is_refused():
    assert len(serialise_close(1000, "a" * 123)) == 125
    with pytest.raises(ValueError, match="has 124 bytes, expected at most 123"):
        serialise_close(1000, "é" * 62)
