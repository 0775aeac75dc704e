"""Section G of the attack cases, as far as the wire goes: compressed bodies and their limits."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard

from etesian.http_wire.parameters import parse_parameters


def post(body, encoding=b"gzip"):
    return (
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Encoding: %b\r\n"
        b"Content-Length: %d\r\n\r\n" % (encoding, len(body))
    ) + body


@pytest.mark.spec("B-HTTP-028")
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"gzip", gzip.compress(b"hello " * 100)),
        (b"GZip", gzip.compress(b"hello " * 100)),
        (b"deflate", zlib.compress(b"hello " * 100)),
        (b"gzip", gzip.compress(b"hello " * 50) + gzip.compress(b"hello " * 50)),
        (b"br", brotli.compress(b"hello " * 100)),
        (b"zstd", zstandard.compress(b"hello " * 100)),
    ],
    ids=["gzip", "case", "deflate", "two-members", "brotli", "zstd"],
)
async def test_compressed_bodies_are_decoded(attack, encoding, body):
    for cut in ("whole", "random", "bytes"):
        outcome = await attack(post(body, encoding), cut, decompress_request=True)
        assert outcome.bodies == [b"hello " * 100], cut


@pytest.mark.spec("B-HTTP-028")
async def test_compressed_bodies_are_passed_on_unless_asked(attack):
    body = gzip.compress(b"hello")
    assert (await attack(post(body))).bodies == [body]


async def test_an_unknown_coding_is_passed_on(attack):
    assert (await attack(post(b"hello", b"zork"), decompress_request=True)).bodies == [b"hello"]


@pytest.mark.spec("S152")
@pytest.mark.spec("B-HTTP-029")
@pytest.mark.parametrize(
    ("encoding", "compress"),
    [(b"gzip", gzip.compress), (b"br", brotli.compress), (b"zstd", zstandard.compress)],
)
async def test_a_bomb_is_refused_by_its_decoded_size(attack, encoding, compress):
    bomb = compress(b"\0" * 20_000_000)
    outcome = await attack(post(bomb, encoding), decompress_request=True, max_body_size=1_000_000)
    assert outcome.statuses == [413]
    assert outcome.dispatched == []
    assert len(outcome.log) == 1


@pytest.mark.spec("S155")
async def test_a_chain_of_codings_is_refused(attack):
    body = gzip.compress(gzip.compress(b"hello"))
    outcome = await attack(post(body, b"gzip, gzip"), decompress_request=True)
    assert outcome.statuses == [415]
    assert outcome.dispatched == []


@pytest.mark.spec("S156")
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"gzip", gzip.compress(b"hello")[:-4]),
        (b"gzip", gzip.compress(b"hello") + b"junk"),
        (b"gzip", b"no gzip at all"),
        (b"gzip", gzip.compress(b"hello")[:-8] + b"\0" * 8),
        (b"br", brotli.compress(b"hello" * 9)[:-1]),
        (b"br", brotli.compress(b"hello" * 9) + b"junk"),
        (b"br", b"\xff\xff\xff"),
        (b"zstd", zstandard.compress(b"hello" * 9)[:-1]),
        (b"zstd", zstandard.compress(b"hello" * 9) + b"junk"),
        (b"zstd", b"no zstd at all"),
    ],
)
async def test_a_damaged_coding_is_an_error_and_not_a_shorter_body(attack, encoding, body):
    for cut in ("whole", "random", "bytes"):
        outcome = await attack(post(body, encoding), cut, decompress_request=True)
        assert outcome.statuses == [400], cut
        assert outcome.dispatched == []


@pytest.mark.spec("S077")
@pytest.mark.spec("S147")
@pytest.mark.parametrize("unit", [";", "; a", '; a="', '; a="\\"', ";=", "; a=b", " ", "\\", '"'])
def test_parameters_are_read_in_linear_time(unit):
    main, found = parse_parameters("form-data; " + unit * 100_000)
    assert main == "form-data"
    assert len(found) <= 32
    main, found = parse_parameters('form-data; a="' + unit * 100_000)
    assert main == "form-data"
    assert len(found) <= 32


@pytest.mark.spec("S078")
@pytest.mark.parametrize(
    ("value", "filename"),
    [
        ("x; filename*=utf-8''%e2%82%ac", "\u20ac"),
        ("x; filename*=utf-8''%e2%82%ac; filename=plain", "plain"),
        ("x; filename=plain; filename*=utf-8''%e2%82%ac", "plain"),
        ("x; filename*=utf-8''%ff", None),
        ("x; filename*=utf-7''+AGE-", None),
        ("x; filename*=''", None),
        ("x; filename*0=a; filename*1=b", None),
        ("x; filename*0*=utf-8''a", None),
        ("x; filename*", None),
        ("x; filename=", ""),
        ('x; filename="C:\\a\\b.txt"', "C:\\a\\b.txt"),
        ('x; filename="a\\"b;c"', 'a"b;c'),
        ('x; filename="open', '"open'),
    ],
)
def test_the_plain_parameter_wins_and_nothing_raises(value, filename):
    assert parse_parameters(value)[1].get("filename") == filename


@pytest.mark.spec("S141")
async def test_small_fields_count_together(attack):
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    chunk = b"%x\r\n%b\r\n" % (len(part), part)
    head = (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    outcome = await attack(head + chunk * 20 + b"0\r\n\r\n", max_body_size=len(part) * 10)
    assert outcome.statuses == [413]
    assert outcome.dispatched == []
