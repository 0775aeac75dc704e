"""Cookies that only this application can have made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etesian.web.handler_parts.cookies import Cookies
from etesian.web.signed_values import (
    create_signed_value,
    decode_signed_value,
    get_signature_key_version,
)

if TYPE_CHECKING:
    from etesian.web.signed_values import Secret

__all__ = ["SignedCookies"]


class SignedCookies(Cookies):
    """Signed cookies: anybody can read them, nobody else can make them.

    They need the setting ``cookie_secret``: a long random text, or a mapping of
    key versions to such texts together with ``key_version``, the one to sign with.
    """

    def set_signed_cookie(
        self,
        name: str,
        value: str | bytes,
        expires_days: float | None = 30,
        version: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Set a cookie with signature and time; ``value`` may be any bytes.

        ``expires_days`` is how long the browser keeps it; how old it may be is for
        the reader to say. ``kwargs`` as in :meth:`set_cookie`.
        """
        signed = self.create_signed_value(name, value, version=version)
        self.set_cookie(name, signed, expires_days=expires_days, **kwargs)

    def get_signed_cookie(
        self,
        name: str,
        value: str | bytes | None = None,
        max_age_days: float = 31,
        min_version: int | None = None,
    ) -> bytes | None:
        """Give what was signed, or ``None`` where it is absent, forged or too old.

        ``value`` is looked at instead of the cookie where given.
        """
        if value is None:
            value = self.get_cookie(name)
        return decode_signed_value(
            self._cookie_secret(),
            name,
            value,
            max_age_days=max_age_days,
            min_version=min_version,
        )

    def get_signed_cookie_key_version(
        self, name: str, value: str | bytes | None = None
    ) -> int | None:
        """Give the key version that a signed cookie names, unverified; ``None`` without one."""
        if value is None:
            value = self.get_cookie(name)
        return None if value is None else get_signature_key_version(value)

    def create_signed_value(
        self, name: str, value: str | bytes, version: int | None = None
    ) -> bytes:
        """Give ``value`` with time and signature, for other places than cookies.

        ``get_signed_cookie(name, value=...)`` reads it again.
        """
        secret = self._cookie_secret()
        key_version = None
        if not isinstance(secret, str | bytes):
            # Not by its truth: 0 is a version.
            key_version = self.application.settings.get("key_version")
            if key_version is None:
                self.require_setting("key_version", "a cookie_secret with several keys")
        return create_signed_value(secret, name, value, version=version, key_version=key_version)

    def _cookie_secret(self) -> Secret:
        self.require_setting("cookie_secret", "signed cookies")
        secret: Secret = self.application.settings["cookie_secret"]
        return secret

    # The names of the older line.
    set_secure_cookie = set_signed_cookie
    get_secure_cookie = get_signed_cookie
    get_secure_cookie_key_version = get_signed_cookie_key_version
