"""Who is asking."""

from __future__ import annotations

from typing import Any, Final

from etesian.web.handler_parts.base import HandlerBase

__all__ = ["Users"]


# None is an answer: nobody is logged in.
_UNKNOWN: Final = object()


class Users(HandlerBase):
    """The current user, found out once a request."""

    _current_user: Any = _UNKNOWN

    @property
    def current_user(self) -> Any:
        """What :meth:`get_current_user` gave, asked for once; can be assigned.

        ``prepare`` may assign it where finding out takes a coroutine.
        """
        if self._current_user is _UNKNOWN:
            self._current_user = self.get_current_user()
        return self._current_user

    @current_user.setter
    def current_user(self, user: object) -> None:
        self._current_user = user

    def get_current_user(self) -> Any:
        """Give who is logged in, of any type, or something false. Override it."""
        return None

    def get_login_url(self) -> str:
        """Give where ``@authenticated`` sends visitors: the setting ``login_url``. Override it."""
        self.require_setting("login_url", "@authenticated")
        url: str = self.settings["login_url"]
        return url
