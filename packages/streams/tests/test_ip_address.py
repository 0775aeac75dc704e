from __future__ import annotations

import pytest

from etesian.streams import is_valid_ip


@pytest.mark.spec("B-STR-077")
@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "0.0.0.0",
        "::1",
        "::",
        "4.4.4.4",
        "2620:0:1cfe:face:b00c::3",
        "::ffff:1.2.3.4",
        "fe80::1%eth0",
    ],
)
def test_addresses_are(text):
    assert is_valid_ip(text)


@pytest.mark.spec("B-STR-077")
@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "\x00", "127.0.0.1\x00", " 127.0.0.1", "127.0.0.1\n", "\n127.0.0.1"],
        *["localhost", "www.google.com", "4.4.4.4<", "127.1", "0177.0.0.1", "0x7f000001"],
        *["2130706433", "256.1.1.1", "1.2.3.4.5", "\u0661.1.1.1"],
        *["[::1]", "::1%", "127.0.0.1%eth0", ":::"],
    ],
)
def test_everything_else_is_not(text):
    assert not is_valid_ip(text)
