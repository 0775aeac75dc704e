from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.streams.proxy_protocol import ProxyProtocolError, _crc32c, may_begin, parse_header

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def binary(payload, *, version=0x21, family=0x11, length=None):
    size = len(payload) if length is None else length
    return SIGNATURE + struct.pack("!BBH", version, family, size) + payload


def tlv(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


FOUR = socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.2") + b"\x30\x39\x01\xbb"
SIX = (
    socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    + socket.inet_pton(socket.AF_INET6, "::1")
    + b"\x30\x39\x01\xbb"
)
ADDRESSES = (("192.0.2.1", 12345), ("198.51.100.2", 443))


def test_a_line_tells_both_addresses():
    line = b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n"
    assert parse_header(line + b"GET /") == (*ADDRESSES, (), len(line))
    line = b"PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"
    assert parse_header(line) == (
        ("2001:db8::1", 0, 0, 0),
        ("::1", 65535, 0, 0),
        (),
        len(line),
    )


@pytest.mark.parametrize("rest", [b"", b" ff::1 anything at all 1 2"])
def test_an_unknown_line_tells_nothing(rest):
    line = b"PROXY UNKNOWN" + rest + b"\r\n"
    assert parse_header(line + b"GET") == (None, None, (), len(line))


@pytest.mark.spec("S185")
@pytest.mark.parametrize(
    "line",
    [
        b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\n",
        b"PROXY TCP4 192.0.2.1  198.51.100.2 12345 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443 \r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 12345\r\n",
        b"PROXY TCP4 ::1 ::1 12345 443\r\n",
        b"PROXY TCP6 192.0.2.1 198.51.100.2 12345 443\r\n",
        b"PROXY TCP4 192.0.2.256 198.51.100.2 12345 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 012 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n",
        b"PROXY TCP4 localhost 198.51.100.2 1 443\r\n",
        b"PROXY UDP4 192.0.2.1 198.51.100.2 1 443\r\n",
        b"PROXY UNKNOWNX\r\n",
        b"PROXY UNKNOWN \r \r\n",
        b"PROXY \r\n",
        b"proxy TCP4 192.0.2.1 198.51.100.2 12345 443\r\n",
        b"GET / HTTP/1.1\r\n",
        b"PROXY UNKNOWN " + b"x" * 100 + b"\r\n",
        b"PROXY TCP4 " + b"1" * 200,
    ],
)
def test_a_malformed_line_is_refused(line):
    with pytest.raises(ProxyProtocolError):
        parse_header(line)


def test_the_longest_line_of_the_specification_fits():
    line = b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n".ljust(107, b"x")
    line = b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n"
    assert len(line) == 107
    assert parse_header(line) is not None


def test_a_binary_header_tells_both_addresses():
    assert parse_header(binary(FOUR) + b"GET") == (*ADDRESSES, (), 28)
    header = parse_header(binary(SIX, family=0x21))
    assert (header.source, header.destination) == (
        ("2001:db8::1", 12345, 0, 0),
        ("::1", 443, 0, 0),
    )


@pytest.mark.parametrize(
    "header",
    [
        binary(FOUR, version=0x20),
        binary(b"", version=0x20, family=0),
        binary(FOUR[:3], version=0x20, family=0xFF),
        binary(b"whatever", family=0),
        binary(b"\0" * 216, family=0x31),
    ],
    ids=["local", "local without addresses", "local with nonsense", "unspecified", "unix"],
)
def test_a_binary_header_may_tell_no_address(header):
    parsed = parse_header(header)
    assert parsed.source is None
    assert parsed.destination is None
    assert parsed.size == len(header)


def test_extra_fields_are_given_in_order():
    header = parse_header(binary(FOUR + tlv(0x02, b"a.example") + tlv(0x04, b"") + tlv(0xE0, b"x")))
    assert header.tlvs == ((0x02, b"a.example"), (0x04, b""), (0xE0, b"x"))


@pytest.mark.spec("S185")
@pytest.mark.parametrize(
    "header",
    [
        binary(FOUR, version=0x11),
        binary(FOUR, version=0x22),
        binary(FOUR, family=0x41),
        binary(FOUR, family=0x13),
        binary(FOUR[:11]),
        binary(FOUR, family=0x21),
        binary(FOUR, family=0x31),
        binary(b"", length=4097),
        binary(b"", length=65535),
        binary(FOUR + b"\x04"),
        binary(FOUR + b"\x04\x00"),
        binary(FOUR + b"\x04\x00\x05four"),
        binary(FOUR + tlv(0x03, b"\0\0\0\0")),
        binary(FOUR + tlv(0x03, b"\0\0\0")),
        SIGNATURE[:11] + b"x",
    ],
)
def test_a_malformed_binary_header_is_refused(header):
    with pytest.raises(ProxyProtocolError):
        parse_header(header)


@pytest.mark.spec("S185")
def test_a_checksum_is_checked():
    blank = binary(FOUR + tlv(0x04, b"pad") + tlv(0x03, b"\0\0\0\0"))
    good = blank[:-4] + struct.pack("!I", _crc32c(blank))
    assert parse_header(good).source == ADDRESSES[0]
    with pytest.raises(ProxyProtocolError):
        parse_header(good.replace(b"pad", b"pax"))


def test_the_checksum_is_castagnolis():
    # The check value of the catalogue of CRCs, and RFC 3720 appendix B.4.
    assert _crc32c(b"123456789") == 0xE3069283
    assert _crc32c(bytes(32)) == 0x8A9136AA


HEADERS = [
    b"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n",
    b"PROXY UNKNOWN\r\n",
    binary(FOUR + tlv(0x04, b"pad")),
    binary(SIX, family=0x21),
]


@pytest.mark.parametrize("header", HEADERS)
def test_every_part_of_a_header_asks_for_more(header):
    for size in range(len(header)):
        assert parse_header(header[:size]) is None
        assert may_begin(header[:size])
    assert parse_header(header).size == len(header)


@given(st.binary(max_size=300), st.sampled_from([b"", b"PROXY ", SIGNATURE, SIGNATURE + b"\x21"]))
def test_arbitrary_bytes_are_a_header_or_refused_and_more_bytes_do_not_change_that(tail, prefix):
    data = prefix + tail
    try:
        whole = parse_header(data)
    except ProxyProtocolError:
        return
    if whole is None:
        return
    assert whole.size <= len(data)
    assert parse_header(data[: whole.size]) == whole
    assert parse_header(data + b"more") == whole
