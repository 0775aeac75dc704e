"""Bodies of a known length, whoever says the length."""

from __future__ import annotations

import pytest

from etesian.http_wire.wire.body import CountedBody, body_of_length
from etesian.http_wire.wire.framing import CHUNKED, UNTIL_CLOSE
from etesian.http_wire.wire.policy import STRICT

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.mark.spec("S014")
@pytest.mark.parametrize("length", [-3, -5, -(2**31), -(2**63)])
def test_a_negative_length_is_an_error_before_an_octet_is_taken(length):
    assert length not in (CHUNKED, UNTIL_CLOSE)
    with pytest.raises(ValueError, match=f"body of {length} octets"):
        body_of_length(length, STRICT)
    for negative in (length, CHUNKED, UNTIL_CLOSE):
        with pytest.raises(ValueError, match="octets"):
            CountedBody(negative)


@pytest.mark.spec("S014", "S006")
@pytest.mark.parametrize("cut", ["whole", "random", "bytes"])
@pytest.mark.parametrize("length", [b"-1", b"-2", b"-5", b"-9223372036854775808"])
async def test_a_form_of_negative_length_reaches_no_form_parser(attack, length, cut):
    head = b"POST / HTTP/1.1\r\nHost: a\r\n%bContent-Length: %b\r\n\r\n" % (FORM, length)
    outcome = await attack(head + b"a=1&b=2", cut)
    assert outcome.statuses == [400]
    assert outcome.dispatched == []
    assert len(outcome.log) == 1


@pytest.mark.spec("S014")
@pytest.mark.parametrize("length", [CHUNKED, UNTIL_CLOSE, 10**6])
def test_no_piece_is_larger_than_was_asked_for(length):
    body = body_of_length(length, STRICT)
    buffer = bytearray(b"f4240\r\n" + bytes(10**6) + b"\r\n0\r\n\r\n")
    sizes = []
    while piece := body.take(buffer, 1000):
        sizes.append(len(piece))
    assert max(sizes) == 1000
    assert sum(sizes) >= 10**6
