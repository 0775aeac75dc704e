"""Values that only the holder of a secret can have made, with the time of their making.

Version 1: ``base64 | timestamp | HMAC-SHA1``. Version 2, the default::

    2|1:0|10:1300000000|3:foo|4:YmFy|<64 hex digits>

that is the version, then key version, timestamp, name and base64 value, each
with its length, then HMAC-SHA256 of everything before it. The name and all
lengths are under the signature: a value cannot be moved to another name, nor
its fields be shifted against each other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "DEFAULT_SIGNED_VALUE_MIN_VERSION",
    "DEFAULT_SIGNED_VALUE_VERSION",
    "MAX_SUPPORTED_SIGNED_VALUE_VERSION",
    "MIN_SUPPORTED_SIGNED_VALUE_VERSION",
    "Secret",
    "create_signed_value",
    "decode_signed_value",
    "get_signature_key_version",
]

MIN_SUPPORTED_SIGNED_VALUE_VERSION = 1
MAX_SUPPORTED_SIGNED_VALUE_VERSION = 2
DEFAULT_SIGNED_VALUE_VERSION = 2
DEFAULT_SIGNED_VALUE_MIN_VERSION = 1

# Seconds. Our clock may be behind that of the machine which signed; a version 1 value from further
# ahead than this had digits moved from its base64 text into its timestamp.
_MAX_FUTURE_V1 = 31 * 86400
_SECONDS_PER_DAY = 86400
# Digits. The longest length, key version or timestamp that is read: 10**15 s is past all dates.
_MAX_DIGITS = 15

if TYPE_CHECKING:
    Secret = str | bytes | Mapping[int, str | bytes]
else:
    Secret = object


class _Fields(NamedTuple):
    """What stands in a version 2 value; ``signed_length`` bytes are under the signature."""

    key_version: int
    timestamp: int
    name: bytes
    value: bytes
    signature: bytes
    signed_length: int


def create_signed_value(  # noqa: PLR0917 - the documented signature
    secret: Secret,
    name: str,
    value: str | bytes,
    version: int | None = None,
    clock: Callable[[], float] | None = None,
    key_version: int | None = None,
) -> bytes:
    """Give ``value``, signed for ``name`` at the present time.

    ``secret`` is one key, or a mapping of key versions to keys together with the
    ``key_version`` to sign with. ``clock`` gives seconds since 1970.

    Raises ``ValueError`` for a version that is not supported, for a mapping with
    version 1, and for a mapping without a key of that ``key_version``.
    """
    timestamp = str(int((clock or time.time)())).encode()
    encoded = base64.b64encode(value.encode() if isinstance(value, str) else value)
    if version == 1:
        signature = _signature_v1(_single_key(secret), name.encode(), encoded, timestamp)
        return b"|".join((encoded, timestamp, signature))
    if version not in (None, DEFAULT_SIGNED_VALUE_VERSION):
        raise ValueError(f"unsupported version of signed values: {version}")
    fields = (str(key_version or 0).encode(), timestamp, name.encode(), encoded)
    signed = b"2|" + b"".join(b"%d:%s|" % (len(field), field) for field in fields)
    return signed + _signature_v2(_signing_key(secret, key_version), signed)


def decode_signed_value(  # noqa: PLR0917 - the documented signature
    secret: Secret,
    name: str,
    value: str | bytes | None,
    max_age_days: float = 31,
    clock: Callable[[], float] | None = None,
    min_version: int | None = None,
) -> bytes | None:
    """Give what was signed for ``name``, or ``None`` where that cannot be trusted.

    That is: malformed, signed with another key or for another name, older than
    ``max_age_days``, or of a version below ``min_version`` (default 1). Signatures
    are compared in constant time. Raises ``ValueError`` only for a
    ``min_version`` above the newest.
    """
    lowest = DEFAULT_SIGNED_VALUE_MIN_VERSION if min_version is None else min_version
    if lowest > MAX_SUPPORTED_SIGNED_VALUE_VERSION:
        raise ValueError(f"unsupported min_version of signed values: {lowest}")
    raw = _as_bytes(value)
    if not raw:
        return None
    now = (clock or time.time)()
    if raw.startswith(b"2|"):
        return _decode_v2(secret, name.encode(), raw, now - max_age_days * _SECONDS_PER_DAY)
    if lowest > 1 or not isinstance(secret, str | bytes):
        return None
    return _decode_v1(_as_key(secret), name.encode(), raw, now, max_age_days)


def get_signature_key_version(value: str | bytes) -> int | None:
    """Give the key version that a version 2 value names, else ``None``; it is not verified."""
    raw = _as_bytes(value)
    fields = _split_v2(raw) if raw else None
    return fields.key_version if fields else None


def _decode_v1(
    key: bytes, name: bytes, raw: bytes, now: float, max_age_days: float
) -> bytes | None:
    parts = raw.split(b"|")
    if len(parts) != 3:
        return None
    encoded, timestamp, signature = parts
    if not hmac.compare_digest(signature, _signature_v1(key, name, encoded, timestamp)):
        return None
    made_at = _number(timestamp)
    # The fields of version 1 are signed without a separator, so a digit can move from one to the
    # next: it would end up in front, as a leading zero or as a date of the far future.
    if made_at is None or timestamp.startswith(b"0") or made_at > now + _MAX_FUTURE_V1:
        return None
    return _base64(encoded) if made_at >= now - max_age_days * _SECONDS_PER_DAY else None


def _decode_v2(secret: Secret, name: bytes, raw: bytes, oldest: float) -> bytes | None:
    fields = _split_v2(raw)
    key = _verifying_key(secret, fields.key_version) if fields else None
    if fields is None or key is None:
        return None
    if not hmac.compare_digest(fields.signature, _signature_v2(key, raw[: fields.signed_length])):
        return None
    if fields.name != name or fields.timestamp < oldest:
        return None
    return _base64(fields.value)


def _split_v2(raw: bytes) -> _Fields | None:
    """Take a version 2 value apart, or give ``None`` where it is none."""
    if not raw.startswith(b"2|"):
        return None
    position = 2
    fields: list[bytes] = []
    for _ in range(4):
        digits, colon, _rest = raw[position : position + _MAX_DIGITS + 1].partition(b":")
        length = _number(digits)
        if not colon or length is None:
            return None
        start = position + len(digits) + 1
        position = start + length + 1
        # A slice, not an index: the field may claim to reach beyond the end.
        if raw[start + length : position] != b"|":
            return None
        fields.append(raw[start : start + length])
    key_version, timestamp = _number(fields[0]), _number(fields[1])
    if key_version is None or timestamp is None:
        return None
    return _Fields(key_version, timestamp, fields[2], fields[3], raw[position:], position)


def _number(digits: bytes) -> int | None:
    """Read ASCII digits and nothing else: no sign, no space, no underscore."""
    return int(digits) if digits.isdigit() and len(digits) <= _MAX_DIGITS else None


def _base64(encoded: bytes) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None


def _as_bytes(value: str | bytes | None) -> bytes | None:
    """Give the octets of a value; those of no text can be the signed ones by accident."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def _as_key(secret: str | bytes) -> bytes:
    return secret.encode() if isinstance(secret, str) else secret


def _single_key(secret: Secret) -> bytes:
    if isinstance(secret, str | bytes):
        return _as_key(secret)
    raise ValueError("version 1 of signed values has no key versions: give one secret")


def _signing_key(secret: Secret, key_version: int | None) -> bytes:
    if isinstance(secret, str | bytes):
        return _as_key(secret)
    if key_version is None:
        raise ValueError("key_version must be set where the secret is a mapping")
    if key_version not in secret:
        raise ValueError(f"the secret has no key of version {key_version}")
    return _as_key(secret[key_version])


def _verifying_key(secret: Secret, key_version: int) -> bytes | None:
    if isinstance(secret, str | bytes):
        return _as_key(secret)
    key = secret.get(key_version)
    return None if key is None else _as_key(key)


def _signature_v1(key: bytes, *parts: bytes) -> bytes:
    # SHA-1 is what the format says; an HMAC needs no resistance to collisions.
    return hmac.new(key, b"".join(parts), hashlib.sha1).hexdigest().encode()


def _signature_v2(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).hexdigest().encode()
