"""What is remembered of a login between the redirect to the provider and the way back.

No I/O here: the mixin keeps the text in a cookie that only we can make.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from hashlib import sha256

from etesian.auth.interface import AuthError

# Seconds that a person may take at the provider. RFC 6749, 4.1.2 gives a code ten minutes.
MAX_AGE = 600

# 256 bits each: nobody guesses them (RFC 6749, 10.10; RFC 7636, 7.1).
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """One login that has begun and not ended.

    ``state`` binds the way back to this browser (RFC 6749, 10.12),
    ``code_verifier`` binds the code to it (RFC 7636), and ``redirect_uri`` is
    the one that was announced and must be repeated, if any was. ``started_at``
    is in seconds since the epoch.
    """

    state: str
    code_verifier: str
    redirect_uri: str | None
    started_at: int

    @classmethod
    def begin(cls, redirect_uri: str | None) -> PendingLogin:
        """Give a login that begins now, with secrets of its own."""
        state, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(2))
        return cls(state, verifier, redirect_uri, int(time.time()))

    @classmethod
    def from_text(cls, text: bytes | None) -> PendingLogin:
        """Give the login that :meth:`to_text` wrote down.

        Raises ``AuthError`` where there is none or where it is too old.
        """
        try:
            pending = cls(**json.loads(text or b""))
        except (ValueError, TypeError):
            raise AuthError("no login was begun in this browser") from None
        if not 0 <= time.time() - pending.started_at <= MAX_AGE:
            raise AuthError(f"the login was begun more than {MAX_AGE} seconds ago")
        return pending

    def to_text(self) -> str:
        """Write the login down."""
        return json.dumps(asdict(self))

    @property
    def code_challenge(self) -> str:
        """What the provider is told of the verifier: its ``S256`` hash (RFC 7636, 4.2)."""
        digest = sha256(self.code_verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def check_state(self, state: str) -> None:
        """Raise ``AuthError`` unless ``state`` is the one that we sent; in constant time."""
        if not hmac.compare_digest(self.state.encode(), state.encode("utf-8", "surrogatepass")):
            raise AuthError("the state of the answer is not that of the login")

    def check_redirect_uri(self, redirect_uri: str | None) -> None:
        """Raise ``AuthError`` unless the code came to where we asked for it."""
        if redirect_uri != self.redirect_uri:
            raise AuthError("the redirect_uri is not the one that the login was begun with")
