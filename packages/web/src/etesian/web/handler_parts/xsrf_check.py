"""Protection against forms that other sites send in a visitor's name."""

from __future__ import annotations

import hmac
from html import escape

from etesian.web.handler_parts.arguments import Arguments
from etesian.web.handler_parts.cookies import Cookies
from etesian.web.handler_parts.users import Users
from etesian.web.interface import HTTPError
from etesian.web.xsrf import XSRFToken, decode_xsrf_token, encode_xsrf_token, new_xsrf_token

__all__ = ["XSRFProtection"]


class XSRFProtection(Cookies, Arguments, Users):
    """A token in a cookie that only pages of this site can repeat in a form."""

    _raw_xsrf_token: XSRFToken | None = None
    _is_new_token = False
    _xsrf_token: bytes | None = None

    @property
    def xsrf_token(self) -> bytes:
        """The token for this visitor's forms; the first reading sets its cookie if it is new.

        Its text differs from response to response (setting ``xsrf_cookie_version``
        2, the default), the token behind it does not. The cookie lasts 30 days
        where a user is logged in, else for the session; further attributes come
        from the setting ``xsrf_cookie_kwargs``.
        """
        if self._xsrf_token is None:
            version = self.settings.get("xsrf_cookie_version", 2)
            token, is_new = self._token_of_visitor()
            self._xsrf_token = encode_xsrf_token(token, version)
            # A plain cookie of version 1 is replaced by a masked one.
            if is_new or (token.version != version and version == 2):
                lifetime = 30 if self.current_user else None
                kwargs = {"expires_days": lifetime, **self.settings.get("xsrf_cookie_kwargs", {})}
                self.set_cookie(self._xsrf_cookie_name(), self._xsrf_token, **kwargs)
        return self._xsrf_token

    def check_xsrf_cookie(self) -> None:
        """Raise 403 unless the request repeats the token of its cookie. Override it to skip.

        The token is in the argument ``_xsrf`` or in the header ``X-XSRFToken`` or
        ``X-CSRFToken``. A browser that says that another site is asking
        (``Sec-Fetch-Site: cross-site``) is refused whatever it repeats.
        """
        name = self._xsrf_cookie_name()
        headers = self.request.headers
        if headers.get("Sec-Fetch-Site") == "cross-site":
            raise HTTPError(403, "XSRF: the request comes from another site")
        text = (
            self.get_argument(name, None)
            or headers.get("X-Xsrftoken")
            or headers.get("X-Csrftoken")
        )
        if not text:
            raise HTTPError(403, "XSRF: argument %r is missing from %s", name, self.request.method)
        given = decode_xsrf_token(text)
        if given is None:
            raise HTTPError(403, "XSRF: argument %r has an invalid format", name)
        expected, _ = self._token_of_visitor()
        if not hmac.compare_digest(given.token, expected.token):
            raise HTTPError(403, "XSRF: the cookie does not match argument %r", name)

    def xsrf_form_html(self) -> str:
        """Give the form field with the token; templates use it as a module of this name."""
        value = escape(self.xsrf_token.decode("utf-8", "replace"))
        return f'<input type="hidden" name="{escape(self._xsrf_cookie_name())}" value="{value}"/>'

    def _xsrf_cookie_name(self) -> str:
        name: str = self.settings.get("xsrf_cookie_name", "_xsrf")
        return name

    def _token_of_visitor(self) -> tuple[XSRFToken, bool]:
        """Give the cookie's token, or a new one; and whether it is new."""
        if self._raw_xsrf_token is not None:
            return self._raw_xsrf_token, self._is_new_token
        text = self.get_cookie(self._xsrf_cookie_name())
        token = decode_xsrf_token(text) if text else None
        self._is_new_token = token is None
        self._raw_xsrf_token = token or new_xsrf_token()
        return self._raw_xsrf_token, self._is_new_token
