import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.web import (
    DEFAULT_SIGNED_VALUE_VERSION,
    MAX_SUPPORTED_SIGNED_VALUE_VERSION,
    create_signed_value,
    decode_signed_value,
    get_signature_key_version,
)

SECRET = "It's a secret to everybody"
NOW = 1300000000
DAY = 86400


def _clock(offset=0):
    return lambda: NOW + offset


def _decode(value, **options):
    options.setdefault("clock", _clock())
    return decode_signed_value(
        options.pop("secret", SECRET), options.pop("name", "key"), value, **options
    )


@pytest.mark.spec("B-WEB-125")
def test_version_2_has_the_documented_format():
    signed = create_signed_value(SECRET, "key", "\u00e9", clock=_clock())
    text, signature = signed[: signed.rindex(b"|") + 1], signed[signed.rindex(b"|") + 1 :]
    assert text == b"2|1:0|10:1300000000|3:key|4:w6k=|"
    assert signature.decode() == hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    assert DEFAULT_SIGNED_VALUE_VERSION == MAX_SUPPORTED_SIGNED_VALUE_VERSION == 2


@pytest.mark.spec("B-WEB-124")
def test_version_1_has_the_old_format():
    signed = create_signed_value(SECRET, "key", b"v", version=1, clock=_clock())
    assert (
        signed
        == b"dg==|1300000000|"
        + hmac.new(SECRET.encode(), b"keydg==1300000000", hashlib.sha1).hexdigest().encode()
    )


@pytest.mark.spec("B-WEB-130")
@given(
    value=st.binary(max_size=50),
    name=st.text(min_size=1, max_size=20),
    version=st.sampled_from([1, 2]),
)
def test_any_octets_survive(value, name, version):
    signed = create_signed_value(SECRET, name, value, version=version)
    assert decode_signed_value(SECRET, name, signed) == value
    assert decode_signed_value(SECRET, name, signed.decode()) == value


@pytest.mark.spec("B-WEB-119", "S164")
@given(data=st.data(), version=st.sampled_from([1, 2]))
def test_a_change_of_any_octet_is_noticed(data, version):
    signed = bytearray(
        create_signed_value(SECRET, "key", b"value", version=version, clock=_clock())
    )
    position = data.draw(st.integers(0, len(signed) - 1))
    octet = data.draw(st.integers(0, 255).filter(lambda o: o != signed[position]))
    signed[position] = octet
    assert _decode(bytes(signed)) is None


@pytest.mark.spec("B-WEB-120", "S164")
@pytest.mark.parametrize("version", [1, 2])
def test_a_value_for_one_name_is_worth_nothing_under_another(version):
    signed = create_signed_value(SECRET, "key", "v", version=version, clock=_clock())
    assert _decode(signed, name="kex") is None
    assert _decode(signed, secret="other") is None


@pytest.mark.spec("S164")
def test_digits_cannot_move_from_one_field_to_the_next():
    encoded, timestamp, signature = create_signed_value(
        SECRET, "key", b"\xd7\x6d\xf8", version=1, clock=_clock()
    ).split(b"|")
    moved = b"|".join((encoded[:-1], encoded[-1:] + timestamp, signature))
    assert _decode(moved) is None


@pytest.mark.spec("B-WEB-121", "S165")
@pytest.mark.parametrize("version", [1, 2])
def test_a_value_is_good_for_31_days_or_as_long_as_is_said(version):
    signed = create_signed_value(SECRET, "key", "v", version=version, clock=_clock())
    assert _decode(signed, clock=_clock(31 * DAY - 1)) == b"v"
    assert _decode(signed, clock=_clock(31 * DAY + 1)) is None
    assert _decode(signed, clock=_clock(2 * DAY), max_age_days=1) is None
    assert _decode(signed, clock=_clock(60 * DAY), max_age_days=90) == b"v"


@pytest.mark.spec("B-WEB-122", "S165")
def test_a_version_1_value_from_the_far_future_is_refused():
    signed = create_signed_value(SECRET, "key", "v", version=1, clock=_clock(40 * DAY))
    assert _decode(signed) is None


@pytest.mark.spec("B-WEB-123", "S163")
def test_the_lowest_version_can_be_raised():
    old = create_signed_value(SECRET, "key", "v", version=1, clock=_clock())
    assert _decode(old) == b"v"
    assert _decode(old, min_version=2) is None
    with pytest.raises(ValueError, match="min_version"):
        _decode(old, min_version=3)
    with pytest.raises(ValueError, match="version"):
        create_signed_value(SECRET, "key", "v", version=3)


@pytest.mark.spec("B-WEB-127", "B-WEB-128", "B-WEB-129", "S163")
def test_keys_can_be_rotated():
    keys = {0: "zero", 1: b"one"}
    signed = create_signed_value(keys, "key", "v", clock=_clock(), key_version=1)
    assert get_signature_key_version(signed) == 1
    assert _decode(signed, secret=keys) == b"v"
    assert _decode(signed, secret={1: "one"}) == b"v"
    assert _decode(signed, secret={0: "zero"}) is None
    assert _decode(signed, secret={0: "zero", 1: "other"}) is None
    for wrong in (None, 2):
        with pytest.raises(ValueError, match=r"key"):
            create_signed_value(keys, "key", "v", key_version=wrong)
    with pytest.raises(ValueError, match="one secret"):
        create_signed_value(keys, "key", "v", version=1, key_version=1)
    old = create_signed_value("zero", "key", "v", version=1, clock=_clock())
    assert _decode(old, secret=keys) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "|",
        "||",
        "2|",
        "2|1:0",
        "2|1:0|10:1300000000|3:key|4:dg==|",
        "2|x:0|",
        "2|-1:0|",
        "2|99999999999999999999:0|",
        "2|+1:0|1:0|1:0|1:0|x",
        "2|1:\u0660|1:0|1:0|1:0|x",
        "\u00e9|1|2",
        b"\xff|1|2",
        "a|b|c",
    ],
)
def test_a_malformed_value_is_none(value):
    assert _decode(value) is None
    assert get_signature_key_version(value) in (None, 0)


@pytest.mark.spec("B-WEB-126", "S162")
@pytest.mark.parametrize("version", [1, 2])
def test_signatures_are_compared_in_constant_time(monkeypatch, version):
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append((a, b)) or real(a, b))
    _decode(create_signed_value(SECRET, "key", "v", version=version, clock=_clock()))
    assert len(compared) == 1
