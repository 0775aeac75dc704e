from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.websocket.wire import masking

KEYS = st.binary(min_size=4, max_size=4)


def _by_the_definition(data, key):
    # RFC 6455, 5.3, word for word.
    return bytes(octet ^ key[i % 4] for i, octet in enumerate(data))


@pytest.mark.spec("B-WS-062")
@given(data=st.binary(max_size=6000), key=KEYS)
def test_both_forms_do_what_the_rfc_says(data, key):
    expected = _by_the_definition(data, key)
    assert masking.mask_by_integers(data, key) == expected
    assert masking.mask_by_strxor(data, key) == expected
    assert masking.apply_mask(data, key) == expected


@pytest.mark.spec("S254")
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 1499, 1500, 1501, 65535, 65536, 65539])
def test_odd_sizes_and_the_switch_between_the_forms(size):
    data, key = bytes(i * 7 % 256 for i in range(size)), b"\x00\xff\x80\x01"
    assert masking.apply_mask(data, key) == _by_the_definition(data, key)


@given(data=st.binary(max_size=3000), key=KEYS)
def test_masking_twice_gives_the_data_again(data, key):
    assert masking.apply_mask(masking.apply_mask(data, key), key) == data


def test_without_the_helper_large_payloads_are_masked_by_integers(monkeypatch):
    monkeypatch.setattr(masking, "_strxor", None)
    data, key = bytes(range(256)) * 40, b"wxyz"
    assert masking.apply_mask(data, key) == _by_the_definition(data, key)
    with pytest.raises(RuntimeError, match="masking"):
        masking.mask_by_strxor(data, key)
